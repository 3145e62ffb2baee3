"""Answers that are put where the other side looks (area.py), each as soon as it is known: whoever looks finds what was answered before
an operation that never came back, even when the kernel died in it. Nobody is told of each, for that costs more than most calls.

At the beginning of a part are the number of the request that it belongs to, how many answers there are, and the time that theirs
are counted from. Each answer is a record: when the operation began and ended, in microseconds, what kind of value it has, and the
value. What a record has no room for is among the bytes, as the text that it would be on the line (answers.py), and what these have no
room for goes over the line."""
import struct

from answers import sent_over_the_line
from frames import encoded

HEAD_BYTES, RECORD_BYTES = 16, 32
NUMBER, ANSWERED, SINCE = struct.Struct("<I"), struct.Struct("<I"), struct.Struct("<d")
ANSWERED_AT, SINCE_AT = 4, 8
PLAIN, NAMED = struct.Struct("<iiIId"), struct.Struct("<iiI16s")
DONE, COUNT, ERROR, BYTES, STAT, TEXT, ON_THE_LINE, SKIPPED = range(8)


class SharedAnswers:
    def __init__(self, frames, area):
        self.frames = frames
        self.area = area
        self.number = 0
        self.memory = None
        self.answered = 0
        self.since = 0

    def watch(self):
        """The other side does."""

    def begin(self, since):
        """Answers to another request come from now on; it has its number when nothing of an older one is left in its part."""
        self.memory = memory = self.area.answers
        self.since, self.answered = since, 0
        ANSWERED.pack_into(memory, ANSWERED_AT, 0)
        SINCE.pack_into(memory, SINCE_AT, since)
        self.number += 1
        NUMBER.pack_into(memory, 0, self.number)

    def end(self):
        self.frames.send_nothing()

    def skip(self):
        self.put(PLAIN, 0, 0, SKIPPED, 0, 0)

    def add(self, value, begun, ended, more):
        if more is not None:
            self.add_text([value, begun, ended, more])
        elif value is None:
            self.put(PLAIN, begun, ended, DONE, 0, 0)
        elif isinstance(value, list):
            self.put(PLAIN, begun, ended, STAT if len(value) > 2 else BYTES, value[1], value[0])
        elif isinstance(value, int):
            self.put(PLAIN, begun, ended, COUNT, 0, value)
        elif isinstance(value, str):
            self.put(NAMED, begun, ended, ERROR, value.encode())
        else:
            self.add_text([value, begun, ended])

    def add_text(self, answer):
        text = None if isinstance(answer[0], bytes) else encoded(answer).encode()
        room = None if text is None else self.area.room(len(text))
        if room is None:
            # The record comes first: until the line has brought what it stands for, the other side does not look behind it.
            self.put(PLAIN, 0, 0, ON_THE_LINE, 0, 0)
            sent_over_the_line(self.frames, self.since, [answer])
            return
        room[:] = text
        start, length = self.area.took(len(text))
        self.put(PLAIN, 0, 0, TEXT, length, start)

    def put(self, kind, *words):
        """It is there before it is counted."""
        answered = self.answered
        kind.pack_into(self.memory, HEAD_BYTES + answered * RECORD_BYTES, *words)
        self.answered = answered = answered + 1
        ANSWERED.pack_into(self.memory, ANSWERED_AT, answered)
