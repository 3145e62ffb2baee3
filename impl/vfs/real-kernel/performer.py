"""Performs calls on the file system below a directory, as the real kernel answers them.

Reads programs from standard input, one JSON array a line: [folder, [call, ...]], each call an array of its name and its
arguments (impl/vfs/real-kernel/call.fixture.ts). The folder is made, the calls run in it with paths relative to it, and one JSON
array of answers is printed: a value, "done", or the name of an errno.
"""
import ctypes
import errno
import fcntl
import json
import os
import stat
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
O_TMPFILE = 0o20200000
FLAGS = {
    "create": os.O_CREAT, "exclusive": os.O_EXCL, "truncate": os.O_TRUNC, "append": os.O_APPEND,
    "directory": os.O_DIRECTORY, "nofollow": os.O_NOFOLLOW, "tmpfile": O_TMPFILE,
}
ACCESS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "read-write": os.O_RDWR}
TYPES = {
    "file": stat.S_IFREG, "fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK,
    "character-device": stat.S_IFCHR, "block-device": stat.S_IFBLK,
}
NAMES = {**{value: name for name, value in TYPES.items()}, stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
RENAME = {"noreplace": 1, "exchange": 2, "whiteout": 4}
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR = 0x801C581F, 0x401C5820
FS_IOC_GETVERSION, FS_IOC_SETVERSION = 0x80087601, 0x40087602
FS_XFLAG_PROJINHERIT = 0x200
XATTR = "=IIIII8x"


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def text(path):
    return os.fsencode(path)


def described(found):
    mode = found.st_mode
    answer = {
        "type": NAMES[stat.S_IFMT(mode)], "mode": stat.S_IMODE(mode), "links": found.st_nlink,
        "uid": found.st_uid, "gid": found.st_gid,
    }
    if not stat.S_ISDIR(mode):
        answer["size"] = found.st_size
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        answer["device"] = [os.major(found.st_rdev), os.minor(found.st_rdev)]
    return answer


def stamps(found):
    return [found.st_mtime_ns, found.st_ctime_ns]


class Calls:
    def __init__(self):
        self.files = {}
        self.marks = {}

    def caller(self, uid, gid, groups):
        os.seteuid(0)
        os.setgroups(groups)
        os.setegid(gid)
        os.seteuid(uid)

    def open(self, name, path, access, flags, mode):
        bits = ACCESS[access]
        for flag in flags:
            bits |= FLAGS[flag]
        self.files[name] = checked(libc.open(text(path), bits, mode))

    def close(self, name):
        os.close(self.files.pop(name))

    def fsync(self, name):
        os.fsync(self.files[name])

    def read(self, name, length):
        return len(os.read(self.files[name], length))

    def write(self, name, length):
        return os.write(self.files[name], b"x" * length)

    def ftruncate(self, name, size):
        checked(libc.ftruncate64(self.files[name], ctypes.c_int64(size)))

    def truncate(self, path, size):
        checked(libc.truncate64(text(path), ctypes.c_int64(size)))

    def mkdir(self, path, mode):
        os.mkdir(path, mode)

    def rmdir(self, path):
        os.rmdir(path)

    def unlink(self, path):
        os.unlink(path)

    def symlink(self, target, path):
        os.symlink(target, path)

    def readlink(self, path):
        return os.readlink(path)

    def link(self, source, target):
        checked(libc.linkat(AT_FDCWD, text(source), AT_FDCWD, text(target), 0))

    def linkHandle(self, name, target):
        checked(libc.linkat(self.files[name], b"", AT_FDCWD, text(target), AT_EMPTY_PATH))

    def rename(self, source, target, flags):
        bits = sum(RENAME[flag] for flag in flags)
        checked(libc.renameat2(AT_FDCWD, text(source), AT_FDCWD, text(target), bits))

    def mknod(self, path, kind, mode, major, minor):
        os.mknod(path, TYPES[kind] | mode, os.makedev(major, minor))

    def chmod(self, path, mode):
        os.chmod(path, mode)

    def chown(self, path, uid, gid):
        os.chown(path, uid, gid)

    def utimens(self, path, atime, mtime):
        special = {"now": (0, 0x3FFFFFFF), "omit": (0, 0x3FFFFFFE)}
        pairs = [special[time] if isinstance(time, str) else time for time in (atime, mtime)]
        times = (ctypes.c_int64 * 4)(*pairs[0], *pairs[1])
        checked(libc.utimensat(AT_FDCWD, text(path), times, 0))

    def stat(self, path):
        return described(os.stat(path))

    def lstat(self, path):
        return described(os.lstat(path))

    def fstat(self, name):
        return described(os.fstat(self.files[name]))

    def times(self, path):
        found = os.lstat(path)
        return [[ns // 10**9, ns % 10**9] for ns in (found.st_atime_ns, found.st_mtime_ns)]

    def mark(self, *paths):
        self.marks = {found.st_ino: stamps(found) for found in map(os.lstat, paths)}
        time.sleep(0.006)

    def changed(self, path):
        found = os.lstat(path)
        before = self.marks.get(found.st_ino)
        return "unmarked" if before is None else [a != b for a, b in zip(before, stamps(found))]

    def readdir(self, path):
        return sorted(os.listdir(path))

    def setFlags(self, name, flags):
        fcntl.ioctl(self.files[name], FS_IOC_SETFLAGS, struct.pack("=I", flags))

    def getFlags(self, name):
        return struct.unpack("=I", fcntl.ioctl(self.files[name], FS_IOC_GETFLAGS, b"\0" * 4))[0]

    def setProject(self, name, project, inherit):
        old = list(struct.unpack(XATTR, fcntl.ioctl(self.files[name], FS_IOC_FSGETXATTR, b"\0" * 28)))
        if inherit is not None:
            old[0] = old[0] | FS_XFLAG_PROJINHERIT if inherit else old[0] & ~FS_XFLAG_PROJINHERIT
        old[3] = project
        fcntl.ioctl(self.files[name], FS_IOC_FSSETXATTR, struct.pack(XATTR, *old))

    def getProject(self, name):
        return struct.unpack(XATTR, fcntl.ioctl(self.files[name], FS_IOC_FSGETXATTR, b"\0" * 28))[3]

    def setGeneration(self, name, generation):
        fcntl.ioctl(self.files[name], FS_IOC_SETVERSION, struct.pack("=I", generation))

    def getGeneration(self, name):
        return struct.unpack("=I", fcntl.ioctl(self.files[name], FS_IOC_GETVERSION, b"\0" * 4))[0]

    def finish(self):
        self.caller(0, 0, [])
        for descriptor in self.files.values():
            os.close(descriptor)


def run(root, folder, program):
    calls = Calls()
    where = os.path.join(root, folder)
    os.mkdir(where, 0o755)
    os.chdir(where)
    answers = []
    for name, *arguments in program:
        try:
            answer = getattr(calls, name)(*arguments)
            answers.append("done" if answer is None else answer)
        except KeyError:
            answers.append("EBADF")
        except OSError as error:
            answers.append("EOPNOTSUPP" if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno])
    calls.finish()
    os.chdir("/")
    return answers


def main():
    os.umask(0)
    root = sys.argv[1]
    for line in sys.stdin:
        folder, program = json.loads(line)
        print(json.dumps(run(root, folder, program)), flush=True)


main()
