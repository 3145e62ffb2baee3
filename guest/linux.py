"""What Python does not bind itself: numbers of the kernel's interface, and its calls that are made through the C library."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)

AT_FDCWD, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH = -100, 0x100, 0x1000
# Of struct statx: what stands before the numbers of the device that the file is on.
STATX_BASIC_STATS, STATX_BYTES, STATX_SHOWN = 0x7FF, 256, 136
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_SYNCHRONOUS, MS_REMOUNT = 1, 2, 4, 8, 16, 32
MS_DIRSYNC, MS_NOATIME, MS_NODIRATIME = 128, 1024, 2048
MS_REC, MS_PRIVATE, MS_RELATIME, MS_STRICTATIME, MS_LAZYTIME = 0x4000, 0x40000, 1 << 21, 1 << 24, 1 << 25
CAP_SYS_RAWIO, CAP_SYS_RESOURCE = 17, 24
CAPABILITY_VERSION_3 = 0x20080522
CLOCK_REALTIME_COARSE = 5

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_IOC_GETVERSION, FS_IOC_SETVERSION = 0x80087601, 0x40087602
FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR = 0x801C581F, 0x401C5820
FS_XFLAG_PROJINHERIT = 0x200
FSXATTR = "=IIIII8x"
FIBMAP, FS_IOC_FIEMAP, FITRIM = 1, 0xC020660B, 0xC0185879
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878
EXT4_IOC_MOVE_EXT = 0xC028660F
LOOP_CTL_GET_FREE, LOOP_CONFIGURE, LOOP_CLR_FD = 0x4C82, 0x4C0A, 0x4C01
LO_FLAGS_AUTOCLEAR = 4
BLKGETSIZE64 = 0x80081272

PROT_NONE, PROT_READ, PROT_WRITE = 0, 1, 2
MAP_SHARED, MAP_PRIVATE, MAP_FAILED = 1, 2, 2**64 - 1
MS_ASYNC, MS_SYNC = 1, 4

for name in (
    "lgetxattr", "getxattr", "listxattr", "llistxattr", "getdents64", "pread64", "pwrite64", "readahead",
    "copy_file_range",
):
    getattr(libc, name).restype = ctypes.c_ssize_t
libc.mmap64.restype = ctypes.c_size_t

# What is called often says what it takes, so that plain numbers do: an object for each argument costs more than the call.
INT, I64, SIZE, ADDRESS = ctypes.c_int, ctypes.c_int64, ctypes.c_size_t, ctypes.c_void_p
for name, types in {
    "fallocate64": (INT, INT, I64, I64), "mmap64": (ADDRESS, SIZE, INT, INT, INT, I64), "munmap": (ADDRESS, SIZE),
    "msync": (ADDRESS, SIZE, INT), "pread64": (INT, ADDRESS, SIZE, I64), "pwrite64": (INT, ADDRESS, SIZE, I64),
    "statx": (INT, ctypes.c_char_p, INT, ctypes.c_uint, ADDRESS), "fsync": (INT,), "fdatasync": (INT,), "syncfs": (INT,),
}.items():
    getattr(libc, name).argtypes = types


def checked(result):
    """What a call of the C library answered; raises what errno says when it failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def i64(number):
    """An off_t: what does not fit wraps, as it does in C."""
    return ctypes.c_int64(number)


def size(number):
    return ctypes.c_size_t(number)


def path(text):
    return os.fsencode(text)
