"""The first process of a guest kernel: makes its world, and ends it.

    init=/usr/bin/python3 -- -I -S -B guest --boot TTY FOLDER

TTY is the line to the harness, FOLDER the only one of the host that is written to: messages that are too long for the line lie
there. The host's file system is the root, and is only read.
"""
import ctypes
import errno
import os
import termios
import tty

import mounts
from linux import libc

POWER_OFF = 0x4321FEDC
WORKSPACE, STAND = "/run/workspace", "/run/stand"


class Line:
    """A line of the host's, raw in both directions."""

    def __init__(self, name):
        self.descriptor = os.open(name, os.O_RDWR | os.O_NOCTTY)
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
    mounts.mount("none", WORKSPACE, "hostfs", [folder])


def power_off():
    os.sync()
    libc.reboot(ctypes.c_int(POWER_OFF))
