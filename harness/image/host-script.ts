/** What HostCalls has python3 do: a line of JSON for each call comes in, and one for each answer goes out. */
export const HOST_SCRIPT = `
import errno, json, os, stat, sys
TYPES = {'fifo': stat.S_IFIFO, 'socket': stat.S_IFSOCK, 'character-device': stat.S_IFCHR, 'block-device': stat.S_IFBLK}
def ranges(path):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        size, at, found = os.fstat(fd).st_size, 0, []
        while at < size:
            try: start = os.lseek(fd, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO: break
                raise
            at = os.lseek(fd, start, os.SEEK_HOLE)
            found.append([start, min(at, size)])
        return found
    finally: os.close(fd)
def attributes(path):
    found = []
    for name in os.listxattr(path, follow_symlinks=False):
        try: found.append([name, os.getxattr(path, name, follow_symlinks=False).hex()])
        except OSError: found.append([name, None])
    return found
def perform(ask):
    call, path = ask['call'], bytes.fromhex(ask['path'])
    if call == 'listxattr': return attributes(path)
    if call == 'setxattr': os.setxattr(path, ask['name'], bytes.fromhex(ask['value']), follow_symlinks=False)
    elif call == 'mknod': os.mknod(path, 0o600 | TYPES[ask['type']], os.makedev(ask['major'], ask['minor']))
    elif call == 'utimensat': os.utime(path, ns=tuple(int(each) for each in ask['times']), follow_symlinks=False)
    elif call == 'lseek': return ranges(path)
for line in sys.stdin:
    try: answer = {'ok': perform(json.loads(line))}
    except OSError as error:
        answer = {'errno': errno.errorcode.get(error.errno, str(error.errno)), 'words': os.strerror(error.errno)}
    except (OverflowError, ValueError) as error: answer = {'errno': 'EINVAL', 'words': str(error)}
    print(json.dumps(answer), flush=True)
`;
