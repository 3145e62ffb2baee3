"""Answers on their way back over the line: as many as there are go together, for each frame wakes somebody on the other side.

An answer is a list: the value; when the call began and ended, counted from `since`; and, seldom, what else there is to say of it. A
value is a number that was counted, the name of what was wrong, None, an object that says its kind, or a list: from which byte of the
area (area.py) on there are how many. What has come to lie there since the last frame is behind the text, and behind it the bytes that
had no room there, one answer's behind the other's. Of what was skipped there is None."""
import threading
import time
from collections import deque

WAIT_SECONDS = 0.02
BYTES_MAX = 1 << 18


class Answers:
    """Those that wait to be sent. Nobody waits for long, nor for an operation that never comes back: a thread looks after
    them. A kernel that dies takes what waits with it, so `at_once` keeps none: then it is known which operation never answered."""

    def __init__(self, frames, area, at_once):
        self.frames = frames
        self.area = area
        self.at_once = at_once
        self.lock = threading.Lock()
        # Both threads take and put without the lock, one answer at a time.
        self.waiting = deque()
        self.bytes = 0
        # Microseconds.
        self.since = 0
        self.begun = threading.Event()
        self.watched = False

    def watch(self):
        """Not before it is needed: whoever enters a user namespace must have one thread."""
        if not self.watched and not self.at_once:
            self.watched = True
            threading.Thread(target=self.send_what_waits, daemon=True).start()

    def begin(self, since):
        """Answers come from now on, until `end`."""
        self.since = since
        self.begun.set()

    def end(self):
        self.begun.clear()
        self.flush()

    def skip(self):
        self.put(None)

    def add(self, value, begun, ended, more):
        self.put([value, begun, ended] if more is None else [value, begun, ended, more])

    def put(self, answer):
        self.waiting.append(answer)
        if answer is not None and isinstance(answer[0], bytes):
            self.bytes += len(answer[0])
        if self.at_once or self.bytes > BYTES_MAX:
            self.flush()

    def flush(self):
        with self.lock:
            waiting, answers = self.waiting, []
            while waiting:
                answers.append(waiting.popleft())
            if answers:
                self.bytes = 0
                sent_over_the_line(self.frames, self.since, answers, *self.area.unsent())

    def send_what_waits(self):
        while True:
            self.begun.wait()
            time.sleep(WAIT_SECONDS)
            self.flush()


def sent_over_the_line(frames, since, answers, start=0, end=0, unsent=b""):
    """With the bytes of the area that came since the last time, and those that had no room there."""
    parts = [unsent]
    for answer in answers:
        if answer is not None and isinstance(value := answer[0], bytes):
            answer[0] = {"kind": "data", "length": len(value)}
            parts.append(value)
    frames.send({"since": since, "from": start, "to": end, "answers": answers}, b"".join(parts))
