"""What calls answer, in the words of the protocol: model/operation.ts has them."""
import ctypes
import os
import stat
import struct

from linux import checked, libc

TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "character-device", stat.S_IFBLK: "block-device",
}
MODES = {name: mode for mode, name in TYPES.items()}
DIRENT_TYPES = {mode >> 12: name for mode, name in TYPES.items()}


def type_of(name, directory):
    """Of an entry that does not say (the feature filetype is off): root may always look."""
    caller = os.geteuid()
    os.seteuid(0)
    try:
        return TYPES[stat.S_IFMT(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)]
    finally:
        os.seteuid(caller)


def entries_of(descriptor):
    buffer = ctypes.create_string_buffer(65536)
    entries = []
    while (filled := checked(libc.getdents64(descriptor, buffer, len(buffer)))) > 0:
        position = 0
        while position < filled:
            length, kind = struct.unpack_from("=HB", buffer, position + 16)
            name = os.fsdecode(buffer.raw[position + 19:position + length].split(b"\0")[0])
            if name not in (".", ".."):
                entries.append({"name": name, "type": DIRENT_TYPES.get(kind) or type_of(name, descriptor)})
            position += length
    return entries
