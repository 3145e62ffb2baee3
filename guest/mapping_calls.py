"""Mappings of files. Loads and stores are made by the kernel on our behalf, from and to a file in memory, so that what would
be SIGBUS ends the copy instead: the page faults are the same."""
import ctypes
import errno
import os

from buffers import pages
from linux import (
    MAP_FAILED, MAP_PRIVATE, MAP_SHARED, MS_ASYNC, MS_SYNC, PROT_READ, PROT_WRITE, checked, i64, libc, size,
)
from values import counted

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
        descriptor, offset = self.descriptor(o["handle"]), i64(o["offset"])
        start = libc.mmap64(None, size(o["length"]), access, sharing, descriptor, offset)
        if start == MAP_FAILED:
            raise OSError(ctypes.get_errno(), "")
        self.mappings[o["as"]] = (start, o["length"])

    def munmap(self, o, _):
        start, length = self.mapping(o["mapping"])
        checked(libc.munmap(ctypes.c_void_p(start), size(length)))
        del self.mappings[o["mapping"]]

    def unmap_all(self):
        for start, length in self.mappings.values():
            libc.munmap(ctypes.c_void_p(start), size(length))
        self.mappings.clear()

    def inside(self, name, offset, length):
        """An address within a mapping: what lies beyond its last page is not ours to touch."""
        start, mapped = self.mapping(name)
        if offset < 0 or length < 0 or offset + length > pages(mapped):
            raise OSError(errno.EFAULT, "")
        return ctypes.c_void_p(start + offset)

    def load(self, o, _):
        address = self.inside(o["mapping"], o["offset"], o["length"])
        count = checked(libc.pwrite64(self.bounce, address, size(o["length"]), i64(0)))
        return os.pread(self.bounce, count, 0)

    def store(self, o, data):
        address = self.inside(o["mapping"], o["offset"], len(data))
        os.pwrite(self.bounce, data, 0)
        return counted(checked(libc.pread64(self.bounce, address, size(len(data)), i64(0))))

    def msync(self, o, _):
        start, _ = self.mapping(o["mapping"])
        address = ctypes.c_void_p(start + o["offset"])
        checked(libc.msync(address, size(o["length"]), SYNC[o["mode"]]))
