"""Modules of a guest's kernel, which its root has brought: a folder for each purpose, in the order of their names."""
import ctypes
import os

from linux import libc

FOLDER = "/modules"
# Of x86-64, the only one whose root brings modules.
FINIT_MODULE = 313


# Where a distribution has those of a User-Mode Linux, whose root is the host's.
HOSTS = "/usr/lib/uml/modules"


def load_file(name):
    """One of this kernel's own; that it is built in, or nowhere, shows when it is used."""
    path = f"{HOSTS}/{os.uname().release}/kernel/{name}"
    if os.path.exists(path):
        insert(path)


def load(purpose):
    """What is built in, or fits no device here, need not be loaded: whoever misses it says so."""
    folder = f"{FOLDER}/{purpose}"
    if not os.path.isdir(folder):
        return
    for name in sorted(os.listdir(folder)):
        insert(f"{folder}/{name}")


def insert(path):
    descriptor = os.open(path, os.O_RDONLY)
    libc.syscall(ctypes.c_long(FINIT_MODULE), ctypes.c_int(descriptor), b"", ctypes.c_int(0))
    os.close(descriptor)
