"""Operations on names: making, moving, removing and describing what they stand for."""
import ctypes
import errno
import fcntl
import os
import stat
import struct

from linux import (
    AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FSXATTR,
    FS_XFLAG_PROJINHERIT, STATX_BASIC_STATS, STATX_BYTES, STATX_SHOWN, checked, i64, libc, path, size,
)
from values import MODES, entries_of

UTIME = {"now": (0, 0x3FFFFFFF), "omit": (0, 0x3FFFFFFE)}
RENAME = {"noreplace": 1, "exchange": 2, "whiteout": 4}
XATTR = {"create": 1, "replace": 2}
XATTR_BYTES = 65536 + 1


class PathCalls:
    def looking(self, name, use):
        """With the descriptor that open(2) for reading gives."""
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return use(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, o, _):
        checked(libc.truncate64(path(o["path"]), i64(o["size"])))

    def mkdir(self, o, _):
        os.mkdir(o["path"], o["mode"])

    def rmdir(self, o, _):
        os.rmdir(o["path"])

    def unlink(self, o, _):
        os.unlink(o["path"])

    def rename(self, o, _):
        flags = sum(RENAME[flag] for flag in o.get("flags", [o["flag"]] if "flag" in o else []))
        checked(libc.renameat2(AT_FDCWD, path(o["from"]), AT_FDCWD, path(o["to"]), flags))

    def link(self, o, _):
        checked(libc.linkat(AT_FDCWD, path(o["from"]), AT_FDCWD, path(o["to"]), 0))

    def link_handle(self, o, _):
        checked(libc.linkat(self.descriptor(o["handle"]), b"", AT_FDCWD, path(o["to"]), AT_EMPTY_PATH))

    def mknod(self, o, _):
        device = os.makedev(o["device"]["major"], o["device"]["minor"])
        os.mknod(o["path"], MODES[o["type"]] | o["mode"], device)

    def symlink(self, o, _):
        os.symlink(o["target"], o["path"])

    def readlink(self, o, _):
        return {"kind": "text", "text": os.readlink(o["path"])}

    def stat(self, o, _):
        return self.stat_at(AT_FDCWD, path(o["path"]), 0)

    def lstat(self, o, _):
        return self.stat_at(AT_FDCWD, path(o["path"]), AT_SYMLINK_NOFOLLOW)

    def stat_at(self, folder, name, flags):
        """What is asked most often goes back as the kernel wrote it: the first bytes of a struct statx."""
        area = self.area
        if area.room(STATX_BYTES) is None:
            raise OSError(errno.ENOMEM, "")
        checked(libc.statx(folder, name, flags, STATX_BASIC_STATS, area.address + area.used))
        return [*area.took(STATX_SHOWN), "stat"]

    def readdir(self, o, _):
        descriptor = os.open(o["path"], os.O_RDONLY | os.O_DIRECTORY)
        try:
            return {"kind": "entries", "entries": entries_of(descriptor)}
        finally:
            os.close(descriptor)

    def chmod(self, o, _):
        os.chmod(o["path"], o["mode"])

    def chown(self, o, _):
        os.chown(o["path"], o["uid"], o["gid"])

    def utimens(self, o, _):
        checked(libc.utimensat(AT_FDCWD, path(o["path"]), times_of(o["atime"], o["mtime"]), 0))

    def setxattr(self, o, data):
        call = libc.lsetxattr if "nofollow" in o else libc.setxattr
        flag = XATTR[o["flag"]] if "flag" in o else 0
        checked(call(path(o["path"]), path(o["name"]), bytes(data), size(len(data)), flag))

    def getxattr(self, o, _):
        call = libc.lgetxattr if "nofollow" in o else libc.getxattr
        buffer = ctypes.create_string_buffer(XATTR_BYTES)
        length = checked(call(path(o["path"]), path(o["name"]), buffer, size(XATTR_BYTES)))
        return buffer.raw[:length]

    def removexattr(self, o, _):
        call = libc.lremovexattr if "nofollow" in o else libc.removexattr
        checked(call(path(o["path"]), path(o["name"])))

    def listxattr(self, o, _):
        call = libc.llistxattr if "nofollow" in o else libc.listxattr
        buffer = ctypes.create_string_buffer(XATTR_BYTES)
        length = checked(call(path(o["path"]), buffer, size(XATTR_BYTES)))
        return {"kind": "names", "names": [os.fsdecode(name) for name in buffer.raw[:length].split(b"\0")[:-1]]}

    def chattr(self, o, _):
        self.looking(o["path"], lambda descriptor: change_flags(descriptor, o["set"], o["cleared"]))

    def set_project(self, o, _):
        def change(descriptor):
            inherit = bool(o["project"]) if stat.S_ISDIR(os.fstat(descriptor).st_mode) else None
            change_project(descriptor, o["project"], inherit)
        self.looking(o["path"], change)

    def lsattr(self, o, _):
        def look(descriptor):
            return {"kind": "flags", "bits": flags_of(descriptor), "project": project_of(descriptor)}
        return self.looking(o["path"], look)


def times_of(*times):
    pairs = [UTIME[each] if isinstance(each, str) else (each["seconds"], each["nanoseconds"]) for each in times]
    return (ctypes.c_int64 * 4)(*pairs[0], *pairs[1])


def flags_of(descriptor):
    return struct.unpack("=I", fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, b"\0" * 4))[0]


def change_flags(descriptor, set_bits, cleared):
    new = flags_of(descriptor) & ~cleared | set_bits
    fcntl.ioctl(descriptor, FS_IOC_SETFLAGS, struct.pack("=I", new))


def project_of(descriptor):
    return struct.unpack(FSXATTR, fcntl.ioctl(descriptor, FS_IOC_FSGETXATTR, b"\0" * 28))[3]


def change_project(descriptor, project, inherit):
    """Of what inherits nothing, and where `inherit` is None, the flag stays."""
    words = list(struct.unpack(FSXATTR, fcntl.ioctl(descriptor, FS_IOC_FSGETXATTR, b"\0" * 28)))
    if inherit is not None:
        words[0] = words[0] & ~FS_XFLAG_PROJINHERIT | (FS_XFLAG_PROJINHERIT if inherit else 0)
    words[3] = project
    fcntl.ioctl(descriptor, FS_IOC_FSSETXATTR, struct.pack(FSXATTR, *words))
