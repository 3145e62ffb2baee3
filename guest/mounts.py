"""Mounting by mount(2) itself, without programs: in a User-Mode Linux the start of one costs a tenth of a second."""
import ctypes
import errno
import fcntl
import os
import struct
import tempfile

from linux import (
    FITHAW, LO_FLAGS_AUTOCLEAR, LOOP_CLR_FD, LOOP_CONFIGURE, LOOP_CTL_GET_FREE, MS_DIRSYNC, MS_NOATIME, MS_NODEV,
    MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_RELATIME, MS_REMOUNT, MS_STRICTATIME, MS_SYNCHRONOUS,
    MS_LAZYTIME, checked, libc,
)

FLAGS = {
    "ro": MS_RDONLY, "rw": 0, "sync": MS_SYNCHRONOUS, "dirsync": MS_DIRSYNC, "noatime": MS_NOATIME,
    "nodiratime": MS_NODIRATIME, "relatime": MS_RELATIME, "strictatime": MS_STRICTATIME, "lazytime": MS_LAZYTIME,
    "nosuid": MS_NOSUID, "nodev": MS_NODEV, "noexec": MS_NOEXEC, "defaults": 0,
}
LOOP_CONFIG_BYTES, LOOP_FLAGS_AT = 304, 60
ATTEMPTS = 64


def mount(source, folder, kind, options, flags=0):
    """The options are words of mount(8); those that it makes flags of, are made flags here, too."""
    words = [word for word in options if word not in FLAGS]
    flags |= sum({FLAGS[word] for word in options if word in FLAGS})
    data = ",".join(words).encode() or None
    checked(libc.mount(source.encode(), folder.encode(), kind.encode(), ctypes.c_ulong(flags), data))


def reconfigure(folder, options):
    mount("none", folder, "none", options, MS_REMOUNT)


def unmount(folder):
    checked(libc.umount2(folder.encode(), 0))


class LoopDevice:
    """A loop device over a file. It goes by itself when nobody has it open or mounted any more."""

    def __init__(self, image):
        file = os.open(image, os.O_RDWR)
        control = os.open("/dev/loop-control", os.O_RDWR)
        try:
            self.path, self.descriptor = configured(control, file)
        finally:
            os.close(control)
            os.close(file)

    def release(self):
        os.close(self.descriptor)


def configured(control, file):
    for _ in range(ATTEMPTS):
        path = f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
        descriptor = os.open(path, os.O_RDWR)
        words = bytearray(LOOP_CONFIG_BYTES)
        struct.pack_into("=I", words, 0, file)
        struct.pack_into("=I", words, LOOP_FLAGS_AT, LO_FLAGS_AUTOCLEAR)
        try:
            fcntl.ioctl(descriptor, LOOP_CONFIGURE, words)
            return path, descriptor
        except OSError as error:
            os.close(descriptor)
            # Somebody else was quicker to take it.
            if error.errno != errno.EBUSY:
                raise
    raise OSError(errno.EBUSY, "")


def remove_loops(folders):
    """Takes away the loop devices over files in these folders, with what a killed performer left frozen on them."""
    removed = []
    for name in sorted(os.listdir("/sys/block")):
        backing = backing_file(name)
        if backing is not None and backing.startswith(tuple(f"{folder}/" for folder in folders)):
            removed.append(backing)
            thaw_device(f"/dev/{name}")
            remove_loop(f"/dev/{name}")
    return removed


def backing_file(name):
    try:
        with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8") as file:
            return file.read().strip().removesuffix(" (deleted)")
    except OSError:
        return None


def thaw_device(device):
    """A frozen file system outlives its mounts. Mounting the device again finds it, still frozen."""
    folder = tempfile.mkdtemp(prefix="twinpath-thaw-")
    try:
        mount(device, folder, "ext4", [])
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, FITHAW, 0)
        except OSError as error:
            # It was not frozen.
            if error.errno != errno.EINVAL:
                raise
        finally:
            os.close(descriptor)
            unmount(folder)
    except OSError:
        # Nobody can mount it: then nobody holds it, either.
        pass
    finally:
        os.rmdir(folder)


def remove_loop(path):
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.ioctl(descriptor, LOOP_CLR_FD)
    except OSError as error:
        # It went by itself when it was unmounted.
        if error.errno != errno.ENXIO:
            raise
    finally:
        os.close(descriptor)
