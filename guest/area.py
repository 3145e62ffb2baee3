"""Memory for what calls put somewhere, which is a file, so that the kernel can put there what it loads from mappings, too. Where the
other side has the same file, what lies in it need not be sent: neither bytes, nor answers (shared_answers.py), nor long requests.

It has parts, used in turn, one for each request: the other side tells no third one before it has what came of the first. At the
beginning of a part are the answers, behind them the bytes. Behind the parts is room for requests, in turn as well. In a User-Mode
Linux the file is memory of the machine (/dev/mmapper): what was stored there stays when the kernel dies."""
import ctypes
import mmap
import os

PARTS, PART_BYTES = 4, 4 << 20
ANSWERS_BYTES = 20480
REQUESTS, REQUEST_BYTES = 4, 64 << 10
AREA_BYTES = PARTS * PART_BYTES + REQUESTS * REQUEST_BYTES


class Area:
    def __init__(self, shared):
        """`shared` names a file that the other side has, which is as long as it must be; without one the memory is this process's own."""
        self.shared = shared is not None
        self.file = os.open(shared, os.O_RDWR) if self.shared else os.memfd_create("area")
        if not self.shared:
            os.ftruncate(self.file, AREA_BYTES)
        mapped = mmap.mmap(self.file, AREA_BYTES)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(mapped))
        self.memory = memoryview(mapped)
        self.part, self.sent, self.used, self.end = PARTS - 1, 0, 0, 0

    def begin(self):
        """From now on bytes of another request come."""
        self.part = (self.part + 1) % PARTS
        start = self.part * PART_BYTES
        self.sent = self.used = start + ANSWERS_BYTES
        self.end = start + PART_BYTES

    @property
    def answers(self):
        """Where the answers to this request are put."""
        start = self.part * PART_BYTES
        return self.memory[start:start + ANSWERS_BYTES]

    def request(self, number):
        start = PARTS * PART_BYTES + number * REQUEST_BYTES
        return self.memory[start:start + REQUEST_BYTES]

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
