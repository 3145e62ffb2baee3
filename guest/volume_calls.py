"""Operations on the whole file system, and on what is in memory of it."""
import fcntl
import os
import struct

from linux import FIFREEZE, FITHAW, FITRIM, checked, i64, libc, path

SYNC_WRITE = 2
DROP = {"pages": b"1", "inodes": b"2", None: b"3"}


class VolumeCalls:
    def sync(self, o, _):
        checked(libc.syncfs(self.host.top))

    def statfs(self, o, _):
        return {"kind": "space", "space": self.host.space()}

    def setcreds(self, o, _):
        self.host.act_as(o["uid"], o["gid"], o["groups"])

    def remount(self, o, _):
        self.finish()
        self.host.remount()

    def reconfigure(self, o, _):
        self.host.reconfigure(o["options"])

    def trim(self, o, _):
        answer = fcntl.ioctl(self.host.top, FITRIM, struct.pack("=QQQ", o["start"], o["length"], o["minimum"]))
        return struct.unpack("=QQQ", answer)[1]

    def freeze(self, o, _):
        fcntl.ioctl(self.host.top, FIFREEZE, 0)
        self.host.frozen = True

    def thaw(self, o, _):
        fcntl.ioctl(self.host.top, FITHAW, 0)
        self.host.frozen = False

    def swapon(self, o, _):
        checked(libc.swapon(path(o["path"]), 0))
        self.host.swaps.append(o["path"])

    def swapoff(self, o, _):
        checked(libc.swapoff(path(o["path"])))
        if o["path"] in self.host.swaps:
            self.host.swaps.remove(o["path"])

    def drop_caches(self, o, _):
        """Of a machine of our own, all; else of the files of this file system: other users keep theirs."""
        if self.host.alone:
            self.host.as_root(lambda: self.host.drop_caches(DROP[o.get("what")]))
        elif o.get("what") != "inodes":
            self.host.as_root(lambda: drop_pages_below(b"."))

    def reclaim(self, o, _):
        def drop(descriptor):
            os.posix_fadvise(descriptor, o["offset"], o["length"], os.POSIX_FADV_DONTNEED)
        self.looking(o["path"], drop)

    def writeback(self, o, _):
        def write(descriptor):
            checked(libc.sync_file_range(descriptor, i64(o["offset"]), i64(o["length"]), SYNC_WRITE))
        self.looking(o["path"], write)


def drop_pages_below(folder):
    """Without moving any access time; where somebody who is not root may not look, pages stay."""
    directory = open_quietly(folder)
    if directory is None:
        return
    with os.scandir(directory) as entries:
        for entry in entries:
            name = os.path.join(folder, os.fsencode(entry.name))
            if entry.is_dir(follow_symlinks=False):
                drop_pages_below(name)
            elif entry.is_file(follow_symlinks=False) and (file := open_quietly(name)) is not None:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(file)
    os.close(directory)


def open_quietly(name):
    try:
        return os.open(name, os.O_RDONLY | os.O_NOATIME)
    except PermissionError:
        return None
