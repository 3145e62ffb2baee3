"""The process: where it stands, whom it acts as, and the clock that the kernel stamps files with."""
import errno
import fcntl
import os
import struct

import modules
import mounts
from clock import Clock, stamps_are_ticks
from linux import (
    CAPABILITY_VERSION_3, CLONE_NEWNS, CLONE_NEWUSER, FITHAW, MS_PRIVATE, MS_REC, checked, libc, path,
)
from messages import Messages
from recorder import Recorder


class Host:
    def __init__(self, alone):
        """`alone`: nobody else uses this kernel, so that all it has may be dropped, and all it says is about us."""
        self.alone = alone
        self.uid, self.gid = os.geteuid(), os.getegid()
        self.outside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        self.drop_caches_file = open_if_possible("/proc/sys/vm/drop_caches")
        self.messages = Messages(alone)
        self.place = None
        self.top = None
        self.mounted = False
        self.recorder = None
        self.device = None
        self.frozen = False
        self.swaps = []
        self.loaded = set()
        self.clock = Clock(stamps_are_ticks(os.uname().release) if alone else False)

    def separate(self):
        """Mounts of its own from now on, which go when the process goes."""
        checked(libc.unshare(CLONE_NEWNS))
        mounts.mount("none", "/", "none", [], MS_REC | MS_PRIVATE)
        os.close(self.outside)
        self.outside = os.open("/", os.O_RDONLY | os.O_DIRECTORY)

    def act_as(self, uid, gid, groups):
        if self.uid != 0:
            raise OSError(errno.EPERM, "")
        os.seteuid(0)
        os.setgroups(groups)
        os.setegid(gid)
        os.seteuid(uid)

    def act_as_itself(self):
        if self.uid == 0:
            self.act_as(0, self.gid, [])

    def as_root(self, action):
        caller = os.geteuid()
        os.seteuid(self.uid)
        try:
            return action()
        finally:
            os.seteuid(caller)

    def stand(self, place, paced):
        """Mounts what is to be mounted, and makes the root of it this process's own."""
        self.place, self.clock.paced = place, paced
        self.mount()
        self.enter()

    def mount(self):
        place = self.place
        if place["kind"] == "folder":
            return
        folder, kind, options = place["folder"], place["type"], place["options"]
        if place["kind"] == "recorded":
            self.recorder = Recorder(place["device"], place["log"])
            try:
                mounts.mount(self.recorder.path, folder, kind, options)
            except OSError:
                self.forget_recorder()
                raise
            self.device = self.recorder.path.removeprefix("/dev/")
        elif place["kind"] == "loop":
            loop = mounts.LoopDevice(place["image"])
            self.device = loop.path.removeprefix("/dev/")
            self.messages.begin(self.device)
            try:
                mounts.mount(loop.path, folder, kind, options)
            finally:
                loop.release()
        else:
            self.load_modules(kind)
            mounts.mount(place["device"], folder, kind, options)
            self.device = place["device"].removeprefix("/dev/")
        self.mounted = True

    def forget_recorder(self):
        if self.recorder is not None:
            self.recorder.remove()
            self.recorder = None

    def load_modules(self, kind):
        if kind not in self.loaded:
            self.loaded.add(kind)
            modules.load(kind)

    def writes_zeroes(self):
        """Whether the device below does so faster than it writes bytes (bdev_write_zeroes_unmap_sectors)."""
        number = os.fstat(self.top).st_dev
        folder = f"sys/dev/block/{os.major(number)}:{os.minor(number)}/queue"
        try:
            descriptor = os.open(f"{folder}/write_zeroes_unmap_max_bytes", os.O_RDONLY, dir_fd=self.outside)
        except OSError:
            return False
        with os.fdopen(descriptor, encoding="ascii") as file:
            return int(file.read()) > 0

    def enter(self):
        os.chdir(self.place["folder"])
        if self.uid == 0:
            os.chroot(".")
        else:
            enter_without_rights(self.uid, self.gid)
        self.top = os.open(".", os.O_RDONLY | os.O_DIRECTORY)

    def go_on(self):
        """Nothing stands still or is in use by the kernel itself any more: else the last close of a file may wait for ever."""
        for swap in self.swaps:
            libc.swapoff(path(swap))
        self.swaps.clear()
        if self.frozen:
            self.as_root(lambda: fcntl.ioctl(self.top, FITHAW, 0))
            self.frozen = False

    def go_outside(self):
        if self.top is None:
            return
        self.go_on()
        os.close(self.top)
        self.top = None
        if self.uid == 0:
            os.fchdir(self.outside)
            os.chroot(".")

    def leave(self):
        self.go_outside()
        if self.mounted:
            mounts.unmount(self.place["folder"])
            self.mounted = False
            self.forget_recorder()

    def remount(self):
        if not self.mounted:
            return
        caller = os.geteuid(), os.getegid(), os.getgroups()
        self.act_as_itself()
        self.leave()
        self.mount()
        self.enter()
        self.act_as(*caller)

    def reconfigure(self, options):
        # Whoever is not root can neither remount nor leave the root that he stands in.
        if not self.mounted or os.geteuid() != 0:
            raise OSError(errno.EPERM, "")
        os.fchdir(self.outside)
        os.chroot(".")
        try:
            self.as_root(lambda: mounts.reconfigure(self.place["folder"], options))
        finally:
            os.fchdir(self.top)
            os.chroot(".")

    def drop_caches(self, what):
        os.write(self.drop_caches_file, what)

    def space(self):
        found = os.fstatvfs(self.top)
        return {
            "blockSize": found.f_frsize, "blocks": found.f_blocks, "blocksFree": found.f_bfree,
            "blocksAvailable": found.f_bavail, "inodes": found.f_files, "inodesFree": found.f_ffree,
        }

    def heard(self):
        self.messages.look()
        return self.messages.since(self.device)


def enter_without_rights(uid, gid):
    """Makes the current directory the root of somebody who may not: in a user namespace of his own he may, and gives up what
    else he may there."""
    checked(libc.unshare(CLONE_NEWUSER))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    os.chroot(".")
    header, none = struct.pack("=Ii", CAPABILITY_VERSION_3, 0), bytes(24)
    checked(libc.capset(header, none))


def open_if_possible(name):
    try:
        return os.open(name, os.O_WRONLY)
    except OSError:
        return None
