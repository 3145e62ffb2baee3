"""Performs the operations of the vocabulary (model/operation.ts) as calls of the real kernel, and says what it answered.

Frames go over standard input and output: two numbers of 32 bits, little endian, are the lengths of a JSON text and of the
bytes that follow it. The first frame is the performer's own: who it is and what it may do. Then each request gets one answer.
Mounts are made in a mount namespace of its own, so that none outlives the process, however it ends.
"""
import ctypes
import errno
import fcntl
import json
import os
import re
import stat
import struct
import subprocess
import sys
import time

VERSION = 1
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
CAP_SYS_RESOURCE = 24
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR = 0x801C581F, 0x401C5820
FS_XFLAG_PROJINHERIT = 0x200
FSXATTR = "=IIIII8x"
COARSE = 5
UTIME = {"now": (0, 0x3FFFFFFF), "omit": (0, 0x3FFFFFFE)}
ACCESS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "read-write": os.O_RDWR}
OPEN = {
    "create": os.O_CREAT, "exclusive": os.O_EXCL, "truncate": os.O_TRUNC, "append": os.O_APPEND,
    "directory": os.O_DIRECTORY, "nofollow": os.O_NOFOLLOW, "tmpfile": os.O_TMPFILE,
}
RENAME = {"noreplace": 1, "exchange": 2, "whiteout": 4}
SEEK = {"set": os.SEEK_SET, "current": os.SEEK_CUR, "end": os.SEEK_END}
XATTR = {"create": 1, "replace": 2}
XATTR_BYTES = 65536 + 1
TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "character-device", stat.S_IFBLK: "block-device",
}
MODES = {name: mode for mode, name in TYPES.items()}
DIRENT_TYPES = {mode >> 12: name for mode, name in TYPES.items()}
SERIOUS = re.compile(r"\b(?:WARNING|BUG|Oops|KASAN|UBSAN|hung task|lockdep)\b")

for call in ("lgetxattr", "getxattr", "listxattr", "llistxattr", "getdents64"):
    getattr(libc, call).restype = ctypes.c_ssize_t


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def stat_of(found):
    kind = TYPES[stat.S_IFMT(found.st_mode)]
    answer = {
        "type": kind, "mode": stat.S_IMODE(found.st_mode), "links": found.st_nlink, "uid": found.st_uid,
        "gid": found.st_gid, "size": 0 if kind == "directory" else found.st_size,
    }
    for name, stamp in (("atime", found.st_atime_ns), ("mtime", found.st_mtime_ns), ("ctime", found.st_ctime_ns)):
        answer[name] = {"seconds": stamp // 10**9, "nanoseconds": stamp % 10**9}
    if kind.endswith("device"):
        answer["device"] = {"major": os.major(found.st_rdev), "minor": os.minor(found.st_rdev)}
    return {"kind": "stat", "stat": answer}


def times_of(*times):
    pairs = [UTIME[each] if isinstance(each, str) else (each["seconds"], each["nanoseconds"]) for each in times]
    return (ctypes.c_int64 * 4)(*pairs[0], *pairs[1])


def counted(count):
    return {"kind": "count", "count": count}


def type_of(name, directory):
    """Of an entry that does not say (the feature filetype is off): root may always look."""
    caller = os.geteuid()
    os.seteuid(0)
    try:
        return TYPES[stat.S_IFMT(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)]
    finally:
        os.seteuid(caller)


def entries_of(descriptor):
    buffer = ctypes.create_string_buffer(65536)
    entries = []
    while (filled := checked(libc.getdents64(descriptor, buffer, len(buffer)))) > 0:
        position = 0
        while position < filled:
            length, kind = struct.unpack_from("=HB", buffer, position + 16)
            name = os.fsdecode(buffer.raw[position + 19:position + length].split(b"\0")[0])
            if name not in (".", ".."):
                entries.append({"name": name, "type": DIRENT_TYPES.get(kind) or type_of(name, descriptor)})
            position += length
    return entries


class Calls:
    """One method for each operation; it answers a value, None when there is none, or bytes."""

    def __init__(self, host):
        self.host = host
        self.files = {}

    def descriptor(self, name):
        return self.files.get(name, -1)

    def looking(self, path, use):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return use(descriptor)
        finally:
            os.close(descriptor)

    def open(self, o, _):
        if o["as"] in self.files:
            raise OSError(errno.EBADF, "")
        flags = ACCESS[o["access"]]
        for flag in o["flags"]:
            flags |= OPEN[flag]
        self.files[o["as"]] = os.open(o["path"], flags, o["mode"])

    def close(self, o, _):
        os.close(self.descriptor(o["handle"]))
        del self.files[o["handle"]]

    def read(self, o, _):
        return os.read(self.descriptor(o["handle"]), o["length"])

    def pread(self, o, _):
        return os.pread(self.descriptor(o["handle"]), o["length"], o["offset"])

    def write(self, o, data):
        return counted(os.write(self.descriptor(o["handle"]), data))

    def pwrite(self, o, data):
        return counted(os.pwrite(self.descriptor(o["handle"]), data, o["offset"]))

    def seek(self, o, _):
        return counted(os.lseek(self.descriptor(o["handle"]), o["offset"], SEEK[o["whence"]]))

    def truncate(self, o, _):
        checked(libc.truncate64(os.fsencode(o["path"]), ctypes.c_int64(o["size"])))

    def ftruncate(self, o, _):
        checked(libc.ftruncate64(self.descriptor(o["handle"]), ctypes.c_int64(o["size"])))

    def fsync(self, o, _):
        checked(libc.fsync(self.descriptor(o["handle"])))

    def fdatasync(self, o, _):
        checked(libc.fdatasync(self.descriptor(o["handle"])))

    def sync(self, o, _):
        checked(libc.syncfs(self.host.top))

    def mkdir(self, o, _):
        os.mkdir(o["path"], o["mode"])

    def rmdir(self, o, _):
        os.rmdir(o["path"])

    def unlink(self, o, _):
        os.unlink(o["path"])

    def rename(self, o, _):
        flags = RENAME[o["flag"]] if "flag" in o else 0
        source, target = os.fsencode(o["from"]), os.fsencode(o["to"])
        checked(libc.renameat2(AT_FDCWD, source, AT_FDCWD, target, flags))

    def link(self, o, _):
        checked(libc.linkat(AT_FDCWD, os.fsencode(o["from"]), AT_FDCWD, os.fsencode(o["to"]), 0))

    def link_handle(self, o, _):
        descriptor, target = self.descriptor(o["handle"]), os.fsencode(o["to"])
        checked(libc.linkat(descriptor, b"", AT_FDCWD, target, AT_EMPTY_PATH))

    def mknod(self, o, _):
        device = os.makedev(o["device"]["major"], o["device"]["minor"])
        os.mknod(o["path"], MODES[o["type"]] | o["mode"], device)

    def symlink(self, o, _):
        os.symlink(o["target"], o["path"])

    def readlink(self, o, _):
        return {"kind": "text", "text": os.readlink(o["path"])}

    def stat(self, o, _):
        return stat_of(os.stat(o["path"]))

    def lstat(self, o, _):
        return stat_of(os.lstat(o["path"]))

    def fstat(self, o, _):
        return stat_of(os.fstat(self.descriptor(o["handle"])))

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
        checked(libc.utimensat(AT_FDCWD, os.fsencode(o["path"]), times_of(o["atime"], o["mtime"]), 0))

    def setxattr(self, o, data):
        call = libc.lsetxattr if "nofollow" in o else libc.setxattr
        flag = XATTR[o["flag"]] if "flag" in o else 0
        size = ctypes.c_size_t(len(data))
        checked(call(os.fsencode(o["path"]), os.fsencode(o["name"]), data, size, flag))

    def getxattr(self, o, _):
        call = libc.lgetxattr if "nofollow" in o else libc.getxattr
        buffer = ctypes.create_string_buffer(XATTR_BYTES)
        size = ctypes.c_size_t(XATTR_BYTES)
        length = checked(call(os.fsencode(o["path"]), os.fsencode(o["name"]), buffer, size))
        return buffer.raw[:length]

    def removexattr(self, o, _):
        call = libc.lremovexattr if "nofollow" in o else libc.removexattr
        checked(call(os.fsencode(o["path"]), os.fsencode(o["name"])))

    def listxattr(self, o, _):
        call = libc.llistxattr if "nofollow" in o else libc.listxattr
        buffer = ctypes.create_string_buffer(XATTR_BYTES)
        length = checked(call(os.fsencode(o["path"]), buffer, ctypes.c_size_t(XATTR_BYTES)))
        return {"kind": "names", "names": [os.fsdecode(name) for name in buffer.raw[:length].split(b"\0")[:-1]]}

    def setcreds(self, o, _):
        self.host.act_as(o["uid"], o["gid"], o["groups"])

    def chattr(self, o, _):
        def change(descriptor):
            old = struct.unpack("=I", fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, b"\0" * 4))[0]
            new = old & ~o["cleared"] | o["set"]
            fcntl.ioctl(descriptor, FS_IOC_SETFLAGS, struct.pack("=I", new))
        self.looking(o["path"], change)

    def set_project(self, o, _):
        def change(descriptor):
            old = list(struct.unpack(FSXATTR, fcntl.ioctl(descriptor, FS_IOC_FSGETXATTR, b"\0" * 28)))
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                old[0] = old[0] & ~FS_XFLAG_PROJINHERIT | (FS_XFLAG_PROJINHERIT if o["project"] else 0)
            old[3] = o["project"]
            fcntl.ioctl(descriptor, FS_IOC_FSSETXATTR, struct.pack(FSXATTR, *old))
        self.looking(o["path"], change)

    def lsattr(self, o, _):
        def look(descriptor):
            flags = struct.unpack("=I", fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, b"\0" * 4))[0]
            project = struct.unpack(FSXATTR, fcntl.ioctl(descriptor, FS_IOC_FSGETXATTR, b"\0" * 28))[3]
            return {"kind": "flags", "bits": flags, "project": project}
        return self.looking(o["path"], look)

    def statfs(self, o, _):
        return {"kind": "space", "space": self.host.space()}

    def drop_caches(self, o, _):
        self.host.drop_caches()


class Host:
    """The process: where it stands, whom it acts as, and the clock that the kernel stamps files with."""

    def __init__(self):
        self.outside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        self.top = None
        self.mounted = None
        self.device = None
        self.paced = False
        self.stamp = 0
        self.calls = Calls(self)
        try:
            self.messages = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.messages, 0, os.SEEK_END)
        except OSError:
            self.messages = None

    def act_as(self, uid, gid, groups):
        os.seteuid(0)
        os.setgroups(groups)
        os.setegid(gid)
        os.seteuid(uid)

    def separate(self):
        checked(libc.unshare(CLONE_NEWNS))
        checked(libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
        os.close(self.outside)
        self.outside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)

    def mount(self, folder, image, kind, options):
        words = ["mount", "-t", kind, "-o", ",".join(["loop", *options]), image, folder]
        result = subprocess.run(words, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            return result.stderr.strip()
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            self.device = [line.split()[0] for line in mounts if line.split()[1] == folder][-1].removeprefix("/dev/")
        self.mounted = folder
        return None

    def enter(self, folder, paced):
        os.chdir(folder)
        os.chroot(".")
        self.top = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        self.paced = paced

    def close_all(self):
        for descriptor in self.calls.files.values():
            os.close(descriptor)
        self.calls.files.clear()

    def leave(self):
        self.act_as(0, 0, [])
        self.close_all()
        if self.top is not None:
            os.close(self.top)
            os.fchdir(self.outside)
            os.chroot(".")
            self.top = None
        if self.mounted is None:
            return None
        result = subprocess.run(["umount", self.mounted], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            return result.stderr.strip()
        self.mounted = None
        return None

    def space(self):
        found = os.fstatvfs(self.top)
        return {
            "blockSize": found.f_frsize, "blocks": found.f_blocks, "blocksFree": found.f_bfree,
            "blocksAvailable": found.f_bavail, "inodes": found.f_files, "inodesFree": found.f_ffree,
        }

    def drop_caches(self):
        """Of this file system only: the machine's other users keep theirs. What is dirty stays."""
        checked(libc.posix_fadvise(self.top, 0, 0, os.POSIX_FADV_DONTNEED))

    def heard(self):
        """What the kernel said since the last time, as far as it is about us or serious."""
        lines = []
        while self.messages is not None:
            try:
                line = os.read(self.messages, 8192).decode("utf-8", "replace").split(";", 1)[-1].split("\n")[0]
            except BlockingIOError:
                break
            except BrokenPipeError:
                continue
            ours = self.device is not None and f"({self.device})" in line
            if (ours and "EXT4-fs error" in line) or SERIOUS.search(line):
                lines.append(line)
        return lines

    def wait_for_tick(self):
        while time.clock_gettime_ns(COARSE) == self.stamp:
            time.sleep(0.0003)

    def perform(self, operation, data):
        if self.paced:
            self.wait_for_tick()
        started = time.clock_gettime_ns(COARSE) // 1000
        try:
            value = getattr(self.calls, operation["op"].replace("-", "_"))(operation, data)
            answer = {"value": {"kind": "done"} if value is None else value}
        except OSError as error:
            answer = {"errno": "EOPNOTSUPP" if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno]}
        answer["window"] = [started, time.time_ns() // 1000]
        if self.paced:
            self.stamp = time.clock_gettime_ns(COARSE)
        return answer


def ranges_of(descriptor):
    """Where a file has bytes."""
    ranges, position, size = [], 0, os.fstat(descriptor).st_size
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            break
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        ranges.append((start, position))
    return ranges


def copy_sparse(source, target):
    """Copies an image; what is a hole stays one."""
    with open(source, "rb") as old, open(target, "wb") as new:
        new.truncate(os.fstat(old.fileno()).st_size)
        for start, end in ranges_of(old.fileno()):
            os.pwrite(new.fileno(), os.pread(old.fileno(), end - start, start), start)


def hello():
    with open("/proc/self/status", encoding="ascii") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))
    with open("/proc/sys/fs/protected_hardlinks", encoding="ascii") as setting:
        protected = setting.read().strip() != "0"
    return {
        "version": VERSION, "kernel": os.uname().release, "uid": os.geteuid(),
        "resources": bool(effective >> CAP_SYS_RESOURCE & 1), "protectedHardlinks": protected,
    }


def answer_to(host, request, data):
    call = request["call"]
    if call == "perform":
        return host.perform(request["operation"], data)
    if call == "separate":
        try:
            return host.separate()
        except OSError as error:
            return {"error": os.strerror(error.errno)}
    if call == "copy":
        return copy_sparse(request["from"], request["to"])
    if call == "ranges":
        with open(request["path"], "rb") as file:
            return {"ranges": ranges_of(file.fileno())}
    if call == "mount":
        return {"error": host.mount(request["folder"], request["image"], request["type"], request["options"])}
    if call == "enter":
        return host.enter(request["folder"], request["paced"])
    if call == "close":
        return host.close_all()
    if call == "leave":
        return {"error": host.leave(), "heard": host.heard()}
    if call == "space":
        return {"space": host.space()}
    if call == "identity":
        return {"number": os.lstat(request["path"]).st_ino}
    raise ValueError(call)


def send(answer):
    value = answer.get("value")
    data = b""
    if isinstance(value, bytes):
        data = value
        answer["value"] = {"kind": "data"}
    text = json.dumps(answer).encode()
    sys.stdout.buffer.write(struct.pack("<II", len(text), len(data)) + text + data)
    sys.stdout.buffer.flush()


def main():
    os.umask(0)
    host = Host()
    send(hello())
    while len(lengths := sys.stdin.buffer.read(8)) == 8:
        text_length, data_length = struct.unpack("<II", lengths)
        request = json.loads(sys.stdin.buffer.read(text_length))
        send(answer_to(host, request, sys.stdin.buffer.read(data_length)) or {})
    host.leave()


main()
