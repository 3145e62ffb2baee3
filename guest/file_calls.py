"""Operations on descriptors, which are known by the names that operations gave them."""
import errno
import os

from buffers import Arena, flags_of, is_one_piece, read_into, read_whole, transfer, write_from
from linux import AT_EMPTY_PATH, checked, i64, libc, size

ACCESS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "read-write": os.O_RDWR}
OPEN = {
    "create": os.O_CREAT, "exclusive": os.O_EXCL, "truncate": os.O_TRUNC, "append": os.O_APPEND,
    "directory": os.O_DIRECTORY, "nofollow": os.O_NOFOLLOW, "tmpfile": os.O_TMPFILE, "direct": os.O_DIRECT,
    "sync": os.O_SYNC, "dsync": os.O_DSYNC,
}
SEEK = {"set": os.SEEK_SET, "current": os.SEEK_CUR, "end": os.SEEK_END, "data": os.SEEK_DATA, "hole": os.SEEK_HOLE}
ADVICE = {"normal": 0, "random": 1, "sequential": 2, "willneed": 3, "dontneed": 4, "noreuse": 5}
NO_DESCRIPTOR = 1 << 30
SYNC_BEFORE, SYNC_WRITE, SYNC_AFTER = 1, 2, 4
WAIT = {"none": 0, "before": SYNC_BEFORE, "after": SYNC_AFTER, "both": SYNC_BEFORE | SYNC_AFTER}


class FileCalls:
    def start_files(self):
        self.files = {}
        self.direct = set()
        self.arena = Arena()

    def descriptor(self, name):
        """Of a name that nobody has, a number that no descriptor has either."""
        return self.files.get(name, NO_DESCRIPTOR)

    def open(self, o, _):
        if o["as"] in self.files:
            raise OSError(errno.EBADF, "")
        flags = ACCESS[o["access"]]
        for flag in o["flags"]:
            flags |= OPEN[flag]
        self.files[o["as"]] = os.open(o["path"], flags, o["mode"])
        if "direct" in o["flags"]:
            self.direct.add(o["as"])

    def close(self, o, _):
        os.close(self.descriptor(o["handle"]))
        del self.files[o["handle"]]
        self.direct.discard(o["handle"])

    def close_all(self):
        for descriptor in self.files.values():
            os.close(descriptor)
        self.files.clear()
        self.direct.clear()

    def is_plain(self, o, length):
        """Nothing needs no memory: a vector of nothing answers before the file is looked at."""
        aligned = length > 0 and o["handle"] in self.direct
        return not aligned and "rwf" not in o and is_one_piece(o)

    def read(self, o, _):
        if self.is_plain(o, o["length"]):
            room = self.area.room(o["length"]) if o["length"] > 0 else None
            if room is None:
                return os.read(self.descriptor(o["handle"]), o["length"])
            return self.area.took(os.readv(self.descriptor(o["handle"]), [room]))
        return self.read_with(o, None)

    def pread(self, o, _):
        if self.is_plain(o, o["length"]):
            length, offset = o["length"], o["offset"]
            # Of nothing a vector answers before anything else is looked at, and minus one would mean the position.
            room = self.area.room(length) if length > 0 and offset >= 0 else None
            if room is None:
                return os.pread(self.descriptor(o["handle"]), length, offset)
            return self.area.took(os.preadv(self.descriptor(o["handle"]), [room], offset))
        return self.read_with(o, o["offset"])

    def read_with(self, o, offset):
        descriptor = self.descriptor(o["handle"])
        if o["handle"] not in self.direct and is_one_piece(o):
            return read_whole(descriptor, o, offset)
        return read_into(self.arena, descriptor, o, offset)

    def write(self, o, data):
        if self.is_plain(o, len(data)):
            return os.write(self.descriptor(o["handle"]), data)
        return self.write_with(o, data, None)

    def pwrite(self, o, data):
        if self.is_plain(o, len(data)):
            return os.pwrite(self.descriptor(o["handle"]), data, o["offset"])
        return self.write_with(o, data, o["offset"])

    def write_with(self, o, data, offset):
        descriptor = self.descriptor(o["handle"])
        if o["handle"] not in self.direct and is_one_piece(o):
            return transfer(os.pwritev, descriptor, [data], offset, flags_of(o))
        return write_from(self.arena, descriptor, o, data, offset)

    def seek(self, o, _):
        return os.lseek(self.descriptor(o["handle"]), o["offset"], SEEK[o["whence"]])

    def ftruncate(self, o, _):
        os.ftruncate(self.descriptor(o["handle"]), o["size"])

    def fsync(self, o, _):
        checked(libc.fsync(self.descriptor(o["handle"])))

    def fdatasync(self, o, _):
        checked(libc.fdatasync(self.descriptor(o["handle"])))

    def fstat(self, o, _):
        return self.stat_at(self.descriptor(o["handle"]), b"", AT_EMPTY_PATH)

    def readahead(self, o, _):
        checked(libc.readahead(self.descriptor(o["handle"]), i64(o["offset"]), size(o["length"])))

    def fadvise(self, o, _):
        os.posix_fadvise(self.descriptor(o["handle"]), o["offset"], o["length"], ADVICE[o["advice"]])

    def sync_file_range(self, o, _):
        flags = WAIT[o["wait"]] | (SYNC_WRITE if o["write"] else 0)
        checked(libc.sync_file_range(self.descriptor(o["handle"]), i64(o["offset"]), i64(o["length"]), flags))

    def syncfs(self, o, _):
        checked(libc.syncfs(self.descriptor(o["handle"])))
