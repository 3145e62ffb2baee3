"""What the kernel itself has to say: warnings, bugs, and errors of the file system."""
import os
import re
import select
import threading

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
        # Nobody may use one while somebody else waits with it.
        self.arrivals, self.own_arrivals = select.poll(), select.poll()
        self.arrived, self.looked = False, threading.Event()
        self.watched = False
        self.lines = []
        try:
            self.log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.log, 0, os.SEEK_END)
            self.arrivals.register(self.log, select.POLLIN)
            self.own_arrivals.register(self.log, select.POLLIN)
        except OSError:
            self.log = None

    def watch(self):
        """To look after each operation costs as much as many an operation: from now on a thread tells when there is something."""
        if self.log is not None and not self.watched:
            self.watched = True
            threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        while True:
            self.own_arrivals.poll()
            self.arrived = True
            self.looked.wait()
            self.looked.clear()

    def look(self):
        """Whoever is about to wait for the other side does not wait for the thread."""
        if self.log is not None and self.arrivals.poll(0):
            self.arrived = True

    def begin(self, device):
        """The device is ours from now on: what was said of it before is about somebody else's disk."""
        if self.log is not None:
            self.lines += [line for line in self.read() if SERIOUS.search(line) and not is_about(line, device)]
            self.arrived = self.arrived or bool(self.lines)

    def since(self, device):
        """Lines from just before the first serious one on, when something has arrived. `device` names whose errors are ours."""
        if not self.arrived:
            return []
        self.arrived = False
        lines, self.lines = self.lines + self.read(), []
        self.looked.set()
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
        ours = self.all_are_ours or (device is not None and is_about(line, device))
        return ours and OF_A_FILE_SYSTEM.search(line) is not None


def is_about(line, device):
    return re.search(rf"\b{device}\b", line) is not None
