"""Frames: two numbers of 32 bits, little endian, are the lengths of a JSON text and of the bytes that follow it.

The first number may be another instead, for lines that carry little: with ELSEWHERE the frame is in a file of the second's name, with
IN_THE_AREA it is in the place for requests of the second's number (area.py). A frame without text and bytes says that there are answers
in the area."""
import io
import json
import os
import struct

LENGTHS = "<II"
ELSEWHERE, IN_THE_AREA = 0xFFFFFFFF, 0xFFFFFFFE
# Made once: json.dumps makes one for each text.
encoded = json.JSONEncoder(separators=(",", ":")).encode


class Frames:
    def __init__(self, source, sink, folder=None):
        self.source = source
        self.sink = sink
        # Where long requests may lie; whoever has an area says so.
        self.area = None
        # The process will have another root.
        self.folder = None if folder is None else os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        # Nor need it be root at the time.
        self.as_root = lambda action: action()

    def send(self, message, data=b""):
        text = encoded(message).encode()
        self.sink.write(struct.pack(LENGTHS, len(text), len(data)) + text + data)
        self.sink.flush()

    def send_nothing(self):
        self.sink.write(bytes(8))
        self.sink.flush()

    def requests(self):
        """Each with its bytes, until the other side has no more."""
        while len(lengths := self.source.read(8)) == 8:
            text_length, data_length = struct.unpack(LENGTHS, lengths)
            source = self.source
            if text_length in (ELSEWHERE, IN_THE_AREA):
                source = self.file(data_length) if text_length == ELSEWHERE else Memory(self.area.request(data_length))
                text_length, data_length = struct.unpack(LENGTHS, source.read(8))
            request = json.loads(source.read(text_length))
            yield request, source.read(data_length)

    def file(self, number):
        return self.as_root(lambda: self.take(str(number)))

    def take(self, name):
        with open(os.open(name, os.O_RDONLY, dir_fd=self.folder), "rb") as file:
            frame = io.BytesIO(file.read())
        os.unlink(name, dir_fd=self.folder)
        return frame


class Memory:
    """Read like a file, but nothing is copied that is not asked for."""

    def __init__(self, memory):
        self.memory = memory
        self.position = 0

    def read(self, length):
        start = self.position
        self.position += length
        return bytes(self.memory[start:self.position])
