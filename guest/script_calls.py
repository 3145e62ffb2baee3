"""Operations that are not of the vocabulary: the small programs of impl/'s tests (impl/vfs/real-kernel/) need them too."""
import errno
import fcntl
import itertools
import os
import struct
import time

from linux import FS_IOC_GETVERSION, FS_IOC_SETFLAGS, FS_IOC_SETVERSION
from path_calls import change_project, flags_of, project_of

TICK_SECONDS = 0.006
BORDERS_MAX = 200


class ScriptCalls:
    def start_script(self):
        self.marks = {}

    def open_anew(self, o, data):
        """The name means what was opened last."""
        old = self.files.pop(o["as"], None)
        try:
            self.open(o, data)
        except OSError:
            if old is not None:
                self.files[o["as"]] = old
            raise
        if old is not None:
            os.close(old)

    def mark(self, o, _):
        """Remembers the times of files, by their numbers: a name may come to mean another."""
        self.marks = {found.st_ino: stamps(found) for found in map(os.lstat, o["paths"])}
        time.sleep(TICK_SECONDS)

    def changed(self, o, _):
        found = os.lstat(o["path"])
        before = self.marks.get(found.st_ino)
        if before is None:
            return {"kind": "text", "text": "unmarked"}
        return {"kind": "truths", "truths": [a != b for a, b in zip(before, stamps(found))]}

    def borders(self, o, _):
        """Every place where data becomes a hole or the other way round."""
        descriptor, stops, at = self.descriptor(o["handle"]), [], 0
        try:
            while len(stops) < BORDERS_MAX:
                at = os.lseek(descriptor, at, os.SEEK_DATA)
                stops.append(at)
                at = os.lseek(descriptor, at, os.SEEK_HOLE)
                stops.append(at)
        except OSError as error:
            stops.append(errno.errorcode[error.errno])
        return {"kind": "list", "list": stops}

    def contents(self, o, _):
        """The runs of equal bytes."""
        with open(o["path"], "rb") as file:
            runs = [[value, sum(1 for _ in group)] for value, group in itertools.groupby(file.read())]
        return {"kind": "list", "list": runs}

    def bytes_of(self, o, _):
        with open(o["path"], "rb") as file:
            return file.read()

    def set_flags(self, o, _):
        fcntl.ioctl(self.descriptor(o["handle"]), FS_IOC_SETFLAGS, struct.pack("=I", o["flags"]))

    def get_flags(self, o, _):
        return flags_of(self.descriptor(o["handle"]))

    def set_file_project(self, o, _):
        change_project(self.descriptor(o["handle"]), o["project"], o["inherit"])

    def get_file_project(self, o, _):
        return project_of(self.descriptor(o["handle"]))

    def set_generation(self, o, _):
        fcntl.ioctl(self.descriptor(o["handle"]), FS_IOC_SETVERSION, struct.pack("=I", o["generation"]))

    def get_generation(self, o, _):
        answer = fcntl.ioctl(self.descriptor(o["handle"]), FS_IOC_GETVERSION, b"\0" * 4)
        return struct.unpack("=I", answer)[0]


def stamps(found):
    return [found.st_mtime_ns, found.st_ctime_ns]
