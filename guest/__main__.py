"""Performs the operations of the vocabulary (model/operation.ts) as calls of the real kernel, and says what it answered.

    python3 guest
    python3 guest --boot LINE FOLDER    as the first process of a guest kernel (boot.py)
    python3 guest --sweep FOLDER...     takes away loop devices over files in the folders, and nothing else

Frames (frames.py) go over standard input and output, or over the line to the host. The first is the performer's own: who it is and what it may do. Then
each request gets one answer, but `perform`, which has many operations, gets one for each, in frames that are lists of answers. Nothing here knows what an answer
should be. Mounts are made in a mount namespace of its own, so that none outlives the process, however it ends.
"""
import errno
import os
import sys

import boot
import image_files
import mounts
from answers import Answers
from calls import Calls
from frames import Frames
from host import Host
from linux import CAP_SYS_RAWIO, CAP_SYS_RESOURCE

VERSION = 3
DONE = {"kind": "done"}


def hello():
    with open("/proc/self/status", encoding="ascii") as status:
        effective = next(int(line.split()[1], 16) for line in status if line.startswith("CapEff"))
    with open("/proc/sys/fs/protected_hardlinks", encoding="ascii") as setting:
        protected = setting.read().strip() != "0"
    return {
        "version": VERSION, "kernel": os.uname().release, "uid": os.geteuid(), "gid": os.getegid(),
        "resources": bool(effective >> CAP_SYS_RESOURCE & 1), "rawIo": bool(effective >> CAP_SYS_RAWIO & 1),
        "protectedHardlinks": protected,
    }


def name_of(error):
    return "EOPNOTSUPP" if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno]


class Performer:
    def __init__(self, frames, alone):
        self.frames = frames
        self.answers = Answers(frames, alone)
        self.host = Host(alone)
        self.calls = Calls(self.host)
        self.frames.as_root = self.host.as_root
        self.halted = None

    def run(self):
        self.frames.send(hello())
        for request, data in self.frames.requests():
            if request["call"] == "perform":
                self.perform(request["operations"], request["lengths"], data, request["turn"])
            else:
                self.frames.send(self.answer_to(request) or {})
        self.leave()

    def perform(self, operations, lengths, data, turn):
        """When an operation finds the file system full, the others of its turn are skipped: whoever asks may want to look
        first, and begins another turn then."""
        self.answers.watch()
        add, outcome, position, memory = self.answers.add, self.outcome, 0, memoryview(data)
        for operation, length in zip(operations, lengths):
            if self.halted == turn:
                add({"skipped": True})
            else:
                answer = outcome(operation, memory[position:position + length] if length else b"")
                if "halted" in answer:
                    self.halted = turn
                add(answer)
            position += length
        self.answers.flush()

    def outcome(self, operation, data):
        begun = self.host.begin()
        try:
            value = self.calls.method(operation["op"])(operation, data)
            answer = {"value": DONE if value is None else value}
            full = data and isinstance(value, dict) and value.get("count", len(data)) < len(data)
        except OSError as error:
            answer = {"errno": name_of(error)}
            # How far a write got that failed, only a look at the file says.
            full = error.errno == errno.ENOSPC or operation["op"] in ("write", "pwrite", "store")
        if full:
            answer["halted"] = True
        answer["window"] = [begun, self.host.end()]
        if heard := self.host.heard():
            answer["heard"] = heard
        return answer

    def leave(self):
        self.host.act_as_itself()
        self.calls.finish()
        self.host.leave()

    def answer_to(self, request):
        """What cannot be done is an answer, too: `error`."""
        try:
            return getattr(self, request["call"])(request)
        except OSError as error:
            return {"error": f"{name_of(error)}: {os.strerror(error.errno)}", "heard": self.host.heard()}

    def separate(self, _):
        self.host.separate()

    def stand(self, request):
        self.halted = None
        self.host.stand(request["place"], request["paced"])
        return {"writesZeroes": self.host.writes_zeroes()}

    def close(self, _):
        self.calls.finish()

    def go(self, _):
        self.leave()
        return {"heard": self.host.heard()}

    def space(self, _):
        return {"space": self.host.space()}

    def identity(self, request):
        return {"number": os.lstat(request["path"]).st_ino}

    def copy(self, request):
        image_files.copy_sparse(request["from"], request["to"])

    def ranges(self, request):
        return {"ranges": image_files.ranges(request["path"])}


def main():
    os.umask(0)
    if sys.argv[1:2] == ["--sweep"]:
        mounts.remove_loops(sys.argv[2:])
        return
    if sys.argv[1:2] != ["--boot"]:
        Performer(Frames(sys.stdin.buffer, sys.stdout.buffer), False).run()
        return
    try:
        boot.make_world(sys.argv[3])
        line = boot.Line(boot.device_named(sys.argv[2]))
        Performer(Frames(line, line, boot.WORKSPACE), True).run()
    finally:
        sys.excepthook(*sys.exc_info()) if sys.exc_info()[0] else None
        boot.power_off()


main()
