"""The first process of a guest kernel: makes its world, and ends it.

    init=/usr/bin/python3 -- -I -S -B guest --boot LINE FOLDER [AREA]

LINE is what leads to the harness. In a User-Mode Linux it is a terminal, the host's file system is the root, and is only read, and
FOLDER is the only one of the host that is written to: messages that are too long for the line lie there. In a virtual machine it is
a port of a console, the root is in memory, and FOLDER is a hyphen. AREA is a device whose memory the host has, too, in kernels that
have such a device.
"""
import ctypes
import errno
import glob
import os
import termios
import time
import tty

import modules
import mounts
from linux import libc

POWER_OFF = 0x4321FEDC
WORKSPACE, STAND = "/run/workspace", "/run/stand"
LINE_SECONDS_MAX = 10


class Line:
    """A line of the host's, raw in both directions."""

    def __init__(self, name):
        self.descriptor = os.open(name, os.O_RDWR | os.O_NOCTTY)
        if os.isatty(self.descriptor):
            tty.setraw(self.descriptor, termios.TCSANOW)

    def read(self, length):
        """So many bytes; fewer when the host has hung up."""
        parts = []
        while length > 0:
            try:
                part = os.read(self.descriptor, length)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.descriptor, view):]

    def flush(self):
        pass


def make_world(folder):
    for source, target, kind, options in (
        ("proc", "/proc", "proc", []), ("sysfs", "/sys", "sysfs", []), ("devtmpfs", "/dev", "devtmpfs", []),
        ("tmpfs", "/run", "tmpfs", []),
    ):
        os.makedirs(target, exist_ok=True)
        try:
            mounts.mount(source, target, kind, options)
        except OSError as error:
            # The kernel may have mounted it itself.
            if error.errno != errno.EBUSY:
                raise
    for name in ("protected_symlinks", "protected_regular", "protected_fifos"):
        # Rules of sticky directories that distributions switch on; the model has the kernel's own defaults.
        with open(f"/proc/sys/fs/{name}", "w", encoding="ascii") as setting:
            setting.write("0")
    os.mkdir(WORKSPACE)
    os.mkdir(STAND)
    modules.load("devices")
    if folder != "-":
        mounts.mount("none", WORKSPACE, "hostfs", [folder])


def device_named(beginning):
    """The first of the devices whose names begin so, when it is there: some come up by themselves, and are numbered as they do."""
    until = time.monotonic() + LINE_SECONDS_MAX
    while not (found := glob.glob(f"{beginning}*")) and time.monotonic() < until:
        time.sleep(0.01)
    return min(found, default=beginning)


def area_among(names):
    return next((name for name in names if os.path.exists(name)), None)


def power_off():
    os.sync()
    libc.reboot(ctypes.c_int(POWER_OFF))
