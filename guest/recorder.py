"""A block device that writes down what is written to it, in the order in which it becomes durable: dm-log-writes of the kernel, set up
by the ioctls of device-mapper themselves. What it writes down lies on a second device, in the format of drivers/md/dm-log-writes.c."""
import errno
import fcntl
import os
import struct

import modules
from linux import BLKGETSIZE64

CONTROL, NAME, TARGET = "/dev/mapper/control", b"recorded", b"log-writes"
# struct dm_ioctl, and the numbers of its commands (include/uapi/linux/dm-ioctl.h).
HEADER, HEADER_BYTES = "=3I2IIiIIIQ128s129s7s", 312
DM_DEV_CREATE, DM_DEV_REMOVE, DM_DEV_SUSPEND, DM_TABLE_LOAD, DM_TARGET_MSG = 3, 4, 6, 9, 14
REQUEST = 0xC138FD00
VERSION = (4, 0, 0)
REQUEST_BYTES = 4096


class Recorder:
    def __init__(self, device, log):
        for name in ("dm-mod", "dm-log-writes"):
            modules.load_file(f"drivers/md/{name}.ko")
        self.control = os.open(CONTROL, os.O_RDWR)
        try:
            self.ask(DM_DEV_CREATE)
            table = f"{device} {log}".encode() + b"\0"
            specification = struct.pack("=QQiI16s", 0, sectors_of(device), 0, 0, TARGET)
            self.ask(DM_TABLE_LOAD, specification + table, 1)
            number = self.ask(DM_DEV_SUSPEND)
        except OSError:
            self.remove()
            raise
        self.path = f"/dev/dm-{os.minor(number)}"

    def mark(self, word):
        """Everything that became durable before is written down before this word, in which there is no blank."""
        self.ask(DM_TARGET_MSG, struct.pack("=Q", 0) + f"mark {word}".encode() + b"\0")

    def remove(self):
        """Nothing is mounted from it any more; what it has seen is all written down then."""
        try:
            self.ask(DM_DEV_REMOVE)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        os.close(self.control)

    def ask(self, command, data=b"", count=0):
        """Answers the number of the device. The data begins behind the header."""
        request = bytearray(REQUEST_BYTES)
        struct.pack_into(
            HEADER, request, 0, *VERSION, REQUEST_BYTES, HEADER_BYTES, count, 0, 0, 0, 0, 0, NAME, b"", b"")
        request[HEADER_BYTES:HEADER_BYTES + len(data)] = data
        fcntl.ioctl(self.control, REQUEST | command, request)
        return struct.unpack_from(HEADER, request, 0)[10]


def sectors_of(device):
    descriptor = os.open(device, os.O_RDONLY)
    try:
        return struct.unpack("=Q", fcntl.ioctl(descriptor, BLKGETSIZE64, bytes(8)))[0] // 512
    finally:
        os.close(descriptor)
