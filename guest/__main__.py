"""Performs the operations of the vocabulary (model/operation.ts) as calls of the real kernel, and says what it answered.

    python3 guest [AREA]                       AREA is a file that the other side has, too (area.py)
    python3 guest --boot LINE FOLDER [AREA]    as the first process of a guest kernel (boot.py)
    python3 guest --sweep FOLDER...            takes away loop devices over files in the folders, and nothing else

Frames (frames.py) go over standard input and output, or over the line to the host. The first is the performer's own: who it is and what it may do. Then
each request gets one answer, but `perform`, which has many operations, gets one for each: in frames that are lists of answers, or in the area, where there is
one. Nothing here knows what an answer should be. Mounts are made in a mount namespace of its own, so that none outlives the process, however it ends.
"""
import errno
import os
import sys
from time import time_ns

import boot
import image_files
import mounts
from answers import Answers
from area import Area
from calls import Calls
from frames import Frames
from host import Host
from linux import CAP_SYS_RAWIO, CAP_SYS_RESOURCE
from shared_answers import SharedAnswers

VERSION = 4

# Where a file system answers one of these it has said why in the log, before it answered: its words belong to this answer, and the thread
# that waits for them may be late.
TOLD_IN_THE_LOG = (errno.EUCLEAN, errno.EBADMSG, errno.EIO)


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
    def __init__(self, frames, alone, shared=None):
        self.frames = frames
        self.area = frames.area = Area(shared)
        self.answers = SharedAnswers(frames, self.area) if self.area.shared else Answers(frames, self.area, alone)
        self.host = Host(alone)
        self.calls = Calls(self.host, self.area)
        self.frames.as_root = self.host.as_root
        self.halted = None

    def run(self):
        self.frames.send({**hello(), "area": self.area.shared})
        for request, data in self.frames.requests():
            if request["call"] == "perform":
                self.perform(request["operations"], data, request["turn"])
            elif request["call"] == "contents":
                self.calls.streams.learn(data)
                self.frames.send({})
            else:
                self.frames.send(self.answer_to(request) or {})
        self.leave()

    def perform(self, operations, data, turn):
        """When an operation finds the file system full, the others of its turn are skipped: whoever asks may want to look
        first, and begins another turn then. An operation's bytes are among the contents, or so many of those that came along."""
        self.answers.watch()
        self.host.messages.watch()
        self.area.begin()
        since = time_ns() // 1000
        self.answers.begin(since)
        self.host.clock.begin(since)
        contents, memory, position = self.calls.streams.of, memoryview(data), 0
        for operation in operations:
            given = b""
            if "content" in operation:
                given = contents(*operation["content"])
            elif "bytes" in operation:
                given = memory[position:position + operation["bytes"]]
                position += len(given)
            if self.halted == turn:
                self.answers.skip()
            else:
                self.answer(operation, given, turn)
        self.answers.end()

    def answer(self, operation, data, turn):
        host = self.host
        begun = host.clock.before()
        try:
            value = self.calls.method(operation["op"])(operation, data)
            full = data and isinstance(value, int) and value < len(data)
        except OSError as error:
            value = name_of(error)
            if error.errno in TOLD_IN_THE_LOG:
                host.messages.look()
            # How far a write got that failed, only a look at the file says.
            full = error.errno == errno.ENOSPC or operation["op"] in ("write", "pwrite", "store")
        ended = host.clock.after(operation["op"])
        more = self.more_of(full, turn) if full or host.messages.arrived else None
        self.answers.add(value, begun, ended, more)

    def more_of(self, full, turn):
        if full:
            self.halted = turn
        heard = self.host.heard()
        return {"halted": bool(full), **({"heard": heard} if heard else {})}

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

    def mark(self, request):
        self.host.recorder.mark(request["word"])

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
        shared = sys.argv[1] if len(sys.argv) > 1 else None
        Performer(Frames(sys.stdin.buffer, sys.stdout.buffer), False, shared).run()
        return
    try:
        boot.make_world(sys.argv[3])
        line = boot.Line(boot.device_named(sys.argv[2]))
        Performer(Frames(line, line, boot.WORKSPACE), True, boot.area_among(sys.argv[4:])).run()
    finally:
        sys.excepthook(*sys.exc_info()) if sys.exc_info()[0] else None
        boot.power_off()


main()
