"""Memory that system calls read from and write to: aligned for O_DIRECT, in pieces, and unmapped from some byte on."""
import ctypes
import errno
import mmap
import os

from linux import PROT_NONE, checked, libc, size

PAGE = mmap.PAGESIZE
RWF = {"hipri": 1, "dsync": 2, "sync": 4, "nowait": 8, "append": 16, "noappend": 32, "atomic": 64, "dontcache": 128}


def pages(length):
    return -(-length // PAGE) * PAGE


class Arena:
    """One piece of memory that is used again and again. Its second half can never be touched, and costs nothing."""

    def __init__(self):
        self.reserve(16 * PAGE)

    def reserve(self, half):
        self.memory = mmap.mmap(-1, 2 * half)
        self.half = half
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        checked(libc.mprotect(ctypes.c_void_p(start + half), size(half), PROT_NONE))

    def room(self, length):
        """Makes room for so many bytes before those that cannot be touched; answers where these begin."""
        if self.half < length:
            self.reserve(2 * pages(length))
        return self.half


class Buffers:
    """The iovecs of one call, one behind the other. With `faultAt`, there is no memory from that byte on."""

    def __init__(self, arena, operation, length):
        self.lengths = split(length, operation.get("pieces", []))
        edge = arena.room(length + PAGE)
        start = operation.get("misaligned", 0)
        if "faultAt" in operation:
            start = edge - min(operation["faultAt"], length)
        whole = memoryview(arena.memory)
        self.views = []
        for each in self.lengths:
            self.views.append(view_at(whole, start, each, edge))
            start += each

    def fill(self, data):
        """Puts the bytes of a write there, as far as there is memory."""
        position = 0
        for view, length in zip(self.views, self.lengths):
            part = data[position:position + length]
            usable = min(len(part), view.usable)
            view.bytes[:usable] = part[:usable]
            position += length

    def taken(self, count):
        """The first bytes of what a read has put there."""
        parts = []
        for view in self.views:
            part = bytes(view.bytes[:min(count, view.usable)])
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    @property
    def iovecs(self):
        return [view.bytes for view in self.views]


class View:
    def __init__(self, memory, usable):
        self.bytes = memory
        self.usable = usable


def view_at(whole, start, length, edge):
    return View(whole[start:start + length], max(0, min(length, edge - start)))


def split(length, pieces):
    """The lengths of all iovecs: those given, as far as there are bytes for them, and the rest."""
    lengths = []
    for piece in pieces:
        lengths.append(min(piece, length))
        length -= lengths[-1]
    return [*lengths, length]


def flags_of(operation):
    return sum(RWF[name] for name in operation.get("rwf", []))


def transfer(call, descriptor, views, offset, flags):
    """preadv2(2) or pwritev2(2); at the descriptor's position when the offset is None."""
    if offset is not None and offset < 0:
        # Minus one would mean the position.
        raise OSError(errno.EINVAL, "")
    return call(descriptor, views, -1 if offset is None else offset, flags)


def is_one_piece(operation):
    """Whether any memory will do, so that what Python has is taken as it is."""
    return "pieces" not in operation and "faultAt" not in operation and "misaligned" not in operation


def read_whole(descriptor, operation, offset):
    memory = bytearray(operation["length"])
    count = transfer(os.preadv, descriptor, [memory], offset, flags_of(operation))
    return bytes(memoryview(memory)[:count])


def read_into(arena, descriptor, operation, offset):
    buffers = Buffers(arena, operation, operation["length"])
    return buffers.taken(transfer(os.preadv, descriptor, buffers.iovecs, offset, flags_of(operation)))


def write_from(arena, descriptor, operation, data, offset):
    buffers = Buffers(arena, operation, len(data))
    buffers.fill(data)
    return transfer(os.pwritev, descriptor, buffers.iovecs, offset, flags_of(operation))
