"""Mappings of files. Loads and stores are made by the kernel on our behalf, from and to files in memory (area.py, contents.py), so
that what would be SIGBUS ends the copy instead: the page faults are the same."""
import ctypes
import errno
import os

from buffers import pages
from linux import (
    MAP_FAILED, MAP_PRIVATE, MAP_SHARED, MS_ASYNC, MS_SYNC, PROT_READ, PROT_WRITE, checked, libc,
)

ACCESS = {"read": PROT_READ, "read-write": PROT_READ | PROT_WRITE}
SHARING = {"shared": MAP_SHARED, "private": MAP_PRIVATE}
SYNC = {"sync": MS_SYNC, "async": MS_ASYNC}


class MappingCalls:
    def start_mappings(self):
        self.mappings = {}
        self.bounce = os.memfd_create("loads-and-stores")

    def mapping(self, name):
        if name not in self.mappings:
            raise OSError(errno.EINVAL, "")
        return self.mappings[name]

    def mmap(self, o, _):
        if o["as"] in self.mappings:
            raise OSError(errno.EBADF, "")
        access, sharing = ACCESS[o["access"]], SHARING[o["sharing"]]
        start = libc.mmap64(None, o["length"], access, sharing, self.descriptor(o["handle"]), o["offset"])
        if start == MAP_FAILED:
            raise OSError(ctypes.get_errno(), "")
        self.mappings[o["as"]] = (start, o["length"])

    def munmap(self, o, _):
        start, length = self.mapping(o["mapping"])
        checked(libc.munmap(start, length))
        del self.mappings[o["mapping"]]

    def unmap_all(self):
        for start, length in self.mappings.values():
            libc.munmap(start, length)
        self.mappings.clear()

    def inside(self, name, offset, length):
        """An address within a mapping: what lies beyond its last page is not ours to touch."""
        start, mapped = self.mapping(name)
        if offset < 0 or length < 0 or offset + length > pages(mapped):
            raise OSError(errno.EFAULT, "")
        return start + offset

    def load(self, o, _):
        length = o["length"]
        address = self.inside(o["mapping"], o["offset"], length)
        if self.area.room(length) is not None:
            return self.area.took(checked(libc.pwrite64(self.area.file, address, length, self.area.used)))
        return os.pread(self.bounce, checked(libc.pwrite64(self.bounce, address, length, 0)), 0)

    def store(self, o, data):
        length = len(data)
        address = self.inside(o["mapping"], o["offset"], length)
        if "content" in o:
            return checked(libc.pread64(self.streams.file, address, length, o["content"][0]))
        os.pwrite(self.bounce, data, 0)
        return checked(libc.pread64(self.bounce, address, length, 0))

    def msync(self, o, _):
        start, _ = self.mapping(o["mapping"])
        checked(libc.msync(start + o["offset"], o["length"], SYNC[o["mode"]]))
