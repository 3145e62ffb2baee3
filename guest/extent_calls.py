"""Where a file's bytes lie: allocating, punching and moving blocks, and asking about them."""
import ctypes
import fcntl
import os
import struct

from linux import EXT4_IOC_MOVE_EXT, FIBMAP, FS_IOC_FIEMAP, checked, i64, libc, size

FALLOCATE = {
    "allocate": 0, "keep-size": 1, "punch": 3, "zero": 0x10, "zero-keep-size": 0x11, "collapse": 8, "insert": 0x20,
    "write-zeroes": 0x80,
}
FIEMAP_FLAG_SYNC = 1
FIEMAP_EXTENT_LAST = 1
FIEMAP_HEADER, FIEMAP_EXTENT = "=QQIIII", "=QQQ16xI12x"
EXTENTS_AT_ONCE = 64
MOVE_EXTENT = "=IIQQQQ"


class ExtentCalls:
    def fallocate(self, o, _):
        checked(libc.fallocate64(self.descriptor(o["handle"]), FALLOCATE[o["mode"]], o["offset"], o["length"]))

    def fiemap(self, o, _):
        flags = FIEMAP_FLAG_SYNC if o.get("sync") else 0
        extents = self.looking(o["path"], lambda file: extents_of(file, o["offset"], o["length"], flags))
        return {"kind": "extents", "extents": extents}

    def bmap(self, o, _):
        def look(descriptor):
            answer = fcntl.ioctl(descriptor, FIBMAP, struct.pack("=I", o["block"] & 0xFFFFFFFF))
            return struct.unpack("=I", answer)[0]
        return self.looking(o["path"], look)

    def move_extent(self, o, _):
        handle, donor = self.descriptor(o["handle"]), self.descriptor(o["donor"])
        words = struct.pack(MOVE_EXTENT, 0, donor & 0xFFFFFFFF, o["offset"], o["donorOffset"], o["length"], 0)
        answer = fcntl.ioctl(handle, EXT4_IOC_MOVE_EXT, words)
        return struct.unpack(MOVE_EXTENT, answer)[5]

    def copy_file_range(self, o, _):
        source, target = self.descriptor(o["from"]), self.descriptor(o["to"])
        read_at, write_at = pointer_to(o["fromOffset"]), pointer_to(o["toOffset"])
        return checked(libc.copy_file_range(source, read_at, target, write_at, size(o["length"]), 0))

    def sendfile(self, o, _):
        source, target = self.descriptor(o["from"]), self.descriptor(o["to"])
        return os.sendfile(target, source, o["fromOffset"], o["length"])


def pointer_to(offset):
    """Where a call reads an offset from; none when it is to take the descriptor's own."""
    return None if offset is None else ctypes.byref(i64(offset))


def extents_of(descriptor, offset, length, flags):
    """All extents of a range, asked for in portions; the numbers are the kernel's."""
    extents, end = [], offset + length
    while True:
        request = bytearray(struct.pack(FIEMAP_HEADER, offset, end - offset, flags, 0, EXTENTS_AT_ONCE, 0))
        request += bytes(struct.calcsize(FIEMAP_EXTENT) * EXTENTS_AT_ONCE)
        fcntl.ioctl(descriptor, FS_IOC_FIEMAP, request, True)
        count = struct.unpack_from(FIEMAP_HEADER, request)[3]
        found = list(struct.iter_unpack(FIEMAP_EXTENT, request[struct.calcsize(FIEMAP_HEADER):]))[:count]
        extents += [dict(zip(("offset", "physical", "length", "flags"), extent)) for extent in found]
        if count < EXTENTS_AT_ONCE or extents[-1]["flags"] & FIEMAP_EXTENT_LAST:
            return extents
        offset = extents[-1]["offset"] + extents[-1]["length"]
        if offset >= end:
            return extents
