"""What the kernel itself has to say: warnings, bugs, and errors of the file system."""
import os
import re
import select

SERIOUS = re.compile(
    r"WARNING: (?!.*taint)|\bBUG\b|\bOops\b|KASAN|KCSAN|KMSAN|KFENCE|UBSAN|lockdep|circular locking|inconsistent lock state"
    r"|suspicious RCU usage|blocked for more than|soft lockup|hard LOCKUP|detected stall|general protection fault"
    r"|[Kk]ernel panic|unable to handle|list_(?:add|del) corruption|refcount_t"
)
OF_A_FILE_SYSTEM = re.compile(
    r"EXT4-fs error|JBD2:.*(?:[Ee]rror|abort)|Aborting journal|XFS.*(?:[Ii]nternal error|[Cc]orruption|[Aa]ssertion)"
    r"|BTRFS(?: error|: error| critical)|I/O error|lost async page write"
)
RECORD_BYTES = 8192
LINES_MAX = 100


class Messages:
    """Those since the last look, when one of them is serious."""

    def __init__(self, all_are_ours):
        self.all_are_ours = all_are_ours
        self.arrivals = select.poll()
        try:
            self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.log, 0, os.SEEK_END)
            self.arrivals.register(self.log, select.POLLIN)
        except OSError:
            self.log = None

    def since(self, device):
        """Lines from just before the first serious one on. `device` names whose errors are ours."""
        if self.log is None or not self.arrivals.poll(0):
            return []
        lines = self.read()
        serious = [number for number, line in enumerate(lines) if self.is_serious(line, device)]
        if not serious:
            return []
        return lines[max(0, serious[0] - 1):][:LINES_MAX]

    def read(self):
        lines = []
        while True:
            try:
                record = os.read(self.log, RECORD_BYTES).decode("utf-8", "replace")
            except BlockingIOError:
                return lines
            except BrokenPipeError:
                # What was not read in time is lost.
                continue
            except OSError:
                return lines
            lines.append(record.split(";", 1)[-1].split("\n")[0])

    def is_serious(self, line, device):
        if SERIOUS.search(line):
            return True
        ours = self.all_are_ours or (device is not None and device in line)
        return ours and OF_A_FILE_SYSTEM.search(line) is not None
