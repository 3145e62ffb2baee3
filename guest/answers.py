"""Answers on their way back: as many as there are go together, for each frame wakes somebody on the other side."""
import threading
import time

WAIT_SECONDS = 0.02
BYTES_MAX = 1 << 18


class Answers:
    """Those that wait to be sent. Nobody waits for long, nor for an operation that never comes back: a thread looks after
    them. A kernel that dies takes what waits with it, so `at_once` keeps none: then it is known which operation never answered."""

    def __init__(self, frames, at_once):
        self.frames = frames
        self.at_once = at_once
        self.lock = threading.Lock()
        self.waiting, self.parts, self.bytes = [], [], 0
        self.begun = threading.Event()
        self.watched = False

    def watch(self):
        """Not before it is needed: whoever enters a user namespace must have one thread."""
        if not self.watched and not self.at_once:
            self.watched = True
            threading.Thread(target=self.send_what_waits, daemon=True).start()

    def add(self, answer):
        """Bytes as the answer's value go behind the text of the frame, one answer's behind the other's."""
        with self.lock:
            value = answer.get("value")
            if isinstance(value, bytes):
                answer["value"] = {"kind": "data", "length": len(value)}
                self.parts.append(value)
                self.bytes += len(value)
            self.waiting.append(answer)
            if self.at_once or self.bytes > BYTES_MAX:
                self.send()
            elif len(self.waiting) == 1:
                self.begun.set()

    def flush(self):
        with self.lock:
            self.send()

    def send(self):
        if self.waiting:
            self.frames.send(self.waiting, b"".join(self.parts))
            self.waiting, self.parts, self.bytes = [], [], 0

    def send_what_waits(self):
        while True:
            self.begun.wait()
            self.begun.clear()
            time.sleep(WAIT_SECONDS)
            self.flush()
