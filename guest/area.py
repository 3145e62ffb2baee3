"""Memory for what calls put somewhere, which is a file, so that the kernel can put there what it loads from mappings, too. Where the
other side has the same file, what lies in it need not be sent."""
import ctypes
import mmap
import os

# The parts are used in turn, one for each request: the other side tells no third one before it has what came of the first.
PARTS, PART_BYTES = 4, 4 << 20


class Area:
    def __init__(self, shared):
        """`shared` names a file that the other side reads; without one the memory is this process's own."""
        self.shared = shared is not None
        self.file = os.open(shared, os.O_RDWR) if self.shared else os.memfd_create("area")
        os.ftruncate(self.file, PARTS * PART_BYTES)
        mapped = mmap.mmap(self.file, PARTS * PART_BYTES)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        self.memory = memoryview(mapped)
        self.part, self.sent, self.used, self.end = PARTS - 1, 0, 0, 0

    def begin(self):
        """From now on bytes of another request come."""
        self.part = (self.part + 1) % PARTS
        self.sent = self.used = self.part * PART_BYTES
        self.end = self.used + PART_BYTES

    def room(self, length):
        """Memory for so many bytes; None when there is too little left."""
        start = self.used
        return self.memory[start:start + length] if start + length <= self.end else None

    def took(self, count):
        """Says that so many bytes of the room were filled; answers where they lie."""
        start = self.used
        self.used = start + count
        return [start, count]

    def unsent(self):
        """Where the bytes begin and end that came since the last time, and those of them that the other side has not."""
        start, end = self.sent, self.used
        self.sent = end
        return start, end, b"" if self.shared else self.memory[start:end]
