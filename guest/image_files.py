"""Files with images of disks: mostly holes, which they stay."""
import os


def ranges(name):
    with open(name, "rb") as file:
        return ranges_of(file.fileno())


def ranges_of(descriptor):
    """Where a file has bytes: from the first offset to before the second."""
    found, position, size = [], 0, os.fstat(descriptor).st_size
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            break
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        found.append((start, position))
    return found


def copy_sparse(source, target):
    with open(source, "rb") as old, open(target, "wb") as new:
        new.truncate(os.fstat(old.fileno()).st_size)
        for start, end in ranges_of(old.fileno()):
            os.pwrite(new.fileno(), os.pread(old.fileno(), end - start, start), start)
