"""When operations begin and end, in microseconds: a stamp that one makes lies between the two."""
import time
from time import clock_gettime_ns, time_ns

from linux import CLOCK_REALTIME_COARSE

# Since then what is looked at between two stamps gets one that is finer than a tick (multigrain timestamps).
FINE_STAMPS_SINCE = (6, 13)
PACE_SECONDS = 0.0003
# Quick calls that no file system stamps anything for.
STAMP_NOTHING = frozenset(("stat", "lstat", "fstat", "seek", "load", "munmap"))


def stamps_are_ticks(release):
    """Whether all that such a Linux stamps files with is the time of the last tick (current_time in fs/inode.c)."""
    numbers = release.replace("-", ".").split(".")[:2]
    return tuple(int(number) for number in numbers) < FINE_STAMPS_SINCE


class Clock:
    """Operations begin with the last tick before the call, for stamps are not older, and end with the end of the call, for they are
    not younger. In a User-Mode Linux a look at the clock costs as much as any other call. So where stamps are ticks, the last tick at
    the end of one operation is that at the beginning of the next, too, and nobody looks behind one that stamps nothing."""

    def __init__(self, ticks):
        self.ticks = ticks
        # Whether each operation is to begin in another tick than the one before it.
        self.paced = False
        self.since = 0
        self.last = 0

    def begin(self, since):
        """What is told from now on is counted from then."""
        self.since = since
        if not self.paced:
            self.last = clock_gettime_ns(CLOCK_REALTIME_COARSE)

    def before(self):
        if self.paced:
            self.last = self.next_tick()
        elif not self.ticks:
            self.last = clock_gettime_ns(CLOCK_REALTIME_COARSE)
        return self.last // 1000 - self.since

    def after(self, operation):
        if self.paced or self.ticks and operation not in STAMP_NOTHING:
            self.last = clock_gettime_ns(CLOCK_REALTIME_COARSE)
        return (self.last if self.ticks else time_ns()) // 1000 - self.since

    def next_tick(self):
        while (tick := clock_gettime_ns(CLOCK_REALTIME_COARSE)) == self.last:
            time.sleep(PACE_SECONDS)
        return tick
