"""Frames: two numbers of 32 bits, little endian, are the lengths of a JSON text and of the bytes that follow it."""
import json
import struct

LENGTHS = "<II"


class Frames:
    def __init__(self, source, sink):
        self.source = source
        self.sink = sink

    def send(self, answer):
        """Bytes as the answer's value go behind the text."""
        value = answer.get("value")
        data = b""
        if isinstance(value, bytes):
            data = value
            answer["value"] = {"kind": "data"}
        text = json.dumps(answer, separators=(",", ":")).encode()
        self.sink.write(struct.pack(LENGTHS, len(text), len(data)) + text + data)

    def flush(self):
        self.sink.flush()

    def requests(self):
        """Each with its bytes, until the other side has no more."""
        while len(lengths := self.source.read(8)) == 8:
            text_length, data_length = struct.unpack(LENGTHS, lengths)
            request = json.loads(self.source.read(text_length))
            yield request, self.source.read(data_length)
