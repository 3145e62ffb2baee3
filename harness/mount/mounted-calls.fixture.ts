/**
 * Calls on a mounted file system, each kind of request of the protocol at least once. What Linux answers is known from its
 * manual, and stands in the test. Prints one JSON object.
 */
export const MOUNTED_CALLS = `
import ctypes, errno, fcntl, json, mmap, os, stat, struct
libc = ctypes.CDLL(None, use_errno=True)
said = {}

def refused(call):
    try:
        call()
        return 'done'
    except OSError as error:
        return 'EOPNOTSUPP' if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno]

def check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

def rename2(old, new, flags):
    return check(libc.renameat2(-100, old.encode(), -100, new.encode(), flags))

def fallocate(fd, mode, offset, length):
    return check(libc.fallocate(fd, mode, ctypes.c_int64(offset), ctypes.c_int64(length)))

# Files: create, write, read, seek, truncate, sync.
fd = os.open('a', os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
os.pwrite(fd, b'x' * 70000, 0)
os.pwrite(fd, b'tail', 1000000)
said['size'] = os.fstat(fd).st_size
said['read'] = os.pread(fd, 100, 999998).decode('latin1')
os.ftruncate(fd, 500000)
fallocate(fd, 3, 0, 65536)
said['punched'] = os.pread(fd, 4, 65534).decode('latin1')
said['data'] = os.lseek(fd, 0, os.SEEK_DATA) == 65536
fallocate(fd, 1, 0, 1 << 20)
said['kept size'] = os.fstat(fd).st_size
fallocate(fd, 0x10, 0, 4096)
os.fsync(fd)
os.fdatasync(fd)
said['unknown fallocate'] = refused(lambda: fallocate(fd, 0x40, 0, 4096))
mapped = mmap.mmap(fd, 8192)
mapped[0:5] = b'abcde'
mapped.flush()
said['stored'] = os.pread(fd, 5, 0).decode()
os.pwrite(fd, b'Z', 1)
said['loaded'] = mapped[0:5].decode()
mapped.close()
other = os.open('copy', os.O_RDWR | os.O_CREAT, 0o600)
said['copied'] = os.copy_file_range(fd, other, 100, 0, 7)
said['copy'] = os.pread(other, 10, 0) == os.pread(fd, 100, 0)
os.close(other)
direct = os.open('a', os.O_RDWR | os.O_DIRECT)
page = mmap.mmap(-1, 4096)
page.write(b'd' * 4096)
os.pwritev(direct, [page], 4096)
os.close(direct)
said['direct'] = os.pread(fd, 2, 8190).decode('latin1')
append = os.open('a', os.O_WRONLY | os.O_APPEND)
os.write(append, b'end')
os.close(append)
said['appended'] = os.pread(fd, 10, 500000).decode()
os.open('a', os.O_RDONLY | os.O_TRUNC)
said['cut by open'] = os.fstat(fd).st_size

# Names: mkdir, link, symlink, mknod, rename, unlink, rmdir.
os.mkdir('d')
os.link('a', 'd/b')
said['links'] = os.stat('a').st_nlink
os.symlink('d/b', 's')
said['link'] = os.readlink('s')
os.mkfifo('p')
os.mknod('c', 0o600 | stat.S_IFCHR, os.makedev(300, 70000))
said['device'] = [os.major(os.stat('c').st_rdev), os.minor(os.stat('c').st_rdev)]
os.rename('d', 'e')
said['moved'] = os.stat('e/b').st_ino == os.stat('a').st_ino
said['noreplace'] = refused(lambda: rename2('a', 's', 1))
rename2('a', 'copy', 2)
said['exchanged'] = os.stat('copy').st_ino == os.stat('e/b').st_ino
rename2('p', 'q', 4)
said['whiteout'] = stat.S_ISCHR(os.stat('p').st_mode) and os.stat('p').st_rdev == 0
said['not empty'] = refused(lambda: os.rmdir('e'))
os.unlink('e/b')
os.rmdir('e')
said['gone'] = refused(lambda: os.stat('e'))
said['long name'] = refused(lambda: os.stat('x' * 256))
unlinked = os.open('gone', os.O_RDWR | os.O_CREAT)
os.unlink('gone')
os.write(unlinked, b'still')
said['unlinked'] = [os.pread(unlinked, 5, 0).decode(), os.fstat(unlinked).st_nlink]
unnamed = os.open('.', os.O_TMPFILE | os.O_RDWR, 0o600)
os.write(unnamed, b'unnamed')
os.link('/proc/self/fd/%d' % unnamed, 'named', src_dir_fd=0, follow_symlinks=True)
said['tmpfile'] = open('named').read()

# Directories: many names, read in pieces and from the middle.
os.mkdir('many')
for i in range(500):
    os.close(os.open('many/a name of some length %d' % i, os.O_CREAT | os.O_WRONLY))
said['listed'] = len(set(os.listdir('many')))
said['attributes listed'] = sum(entry.stat(follow_symlinks=False).st_size == 0 for entry in os.scandir('many'))
opened = os.open('many', os.O_RDONLY | os.O_DIRECTORY)
os.fsync(opened)
os.close(opened)

# Attributes.
os.chmod('copy', 0o4711)
os.chown('copy', 1000, 1001)
found = os.stat('copy')
said['attributes'] = [found.st_uid, found.st_gid, oct(found.st_mode & 0o7777)]
os.chown('copy', -1, -1)
os.chmod('copy', 0o4711)
os.chown('copy', -1, -1)
said['given to the same'] = oct(os.stat('copy').st_mode & 0o7777)
os.utime('copy', ns=(-1500000000, 123456789123456789))
found = os.stat('copy')
said['times'] = [str(found.st_atime_ns), str(found.st_mtime_ns)]
os.setxattr('copy', 'user.name', b'value')
said['xattrs'] = os.listxattr('copy')
said['xattr'] = os.getxattr('copy', 'user.name').decode()
said['xattr there'] = refused(lambda: os.setxattr('copy', 'user.name', b'', os.XATTR_CREATE))
os.removexattr('copy', 'user.name')
said['xattr gone'] = refused(lambda: os.getxattr('copy', 'user.name'))
acl = struct.pack('<I', 2) + b''.join(
    struct.pack('<HHI', tag, bits, who)
    for tag, bits, who in [(1, 6, 0xffffffff), (2, 7, 1234), (4, 4, 0xffffffff), (0x10, 5, 0xffffffff), (0x20, 0, 0xffffffff)])
os.chmod('named', 0o600)
os.setxattr('named', 'system.posix_acl_access', acl)
said['acl'] = [oct(os.stat('named').st_mode & 0o777), os.getxattr('named', 'system.posix_acl_access') == acl]
said['user'] = [os.access('named', os.R_OK), refused(lambda: os.statvfs('.'))]
opened = os.open('copy', os.O_RDONLY)
flags = struct.unpack('i', fcntl.ioctl(opened, 0x80086601, b'\\0' * 4))[0]
fcntl.ioctl(opened, 0x40086602, struct.pack('i', flags | 0x10))
said['immutable'] = refused(lambda: os.open('copy', os.O_WRONLY))
fcntl.ioctl(opened, 0x40086602, struct.pack('i', flags))
said['fiemap'] = refused(lambda: fcntl.ioctl(opened, 0xc020660b, b'\\0' * 64))
said['other ioctl'] = refused(lambda: fcntl.ioctl(opened, 0x80086699, b'\\0' * 8))
volume = os.statvfs('.')
said['volume'] = [volume.f_namemax, volume.f_bsize, volume.f_bfree > 0]

# Others: what permissions say.
os.mkdir('private', 0o700)
child = os.fork()
if child == 0:
    os.setgid(1000)
    os.setuid(1000)
    ok = refused(lambda: os.listdir('private')) == 'EACCES' and refused(lambda: os.open('named', os.O_RDONLY)) == 'EACCES'
    ok = ok and refused(lambda: os.open('mine', os.O_CREAT | os.O_WRONLY)) == 'EACCES'
    ok = ok and refused(lambda: os.chmod('many', 0o777)) == 'EPERM'
    os._exit(0 if ok else 1)
said['others are refused'] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(json.dumps(said))
`;

export const EXPECTED = {
  size: 1000004,
  read: '\0\0tail',
  punched: '\0\0xx',
  data: true,
  'kept size': 500000,
  'unknown fallocate': 'EOPNOTSUPP',
  stored: 'abcde',
  loaded: 'aZcde',
  copied: 100,
  copy: false,
  direct: 'dd',
  appended: 'end',
  'cut by open': 0,
  links: 2,
  link: 'd/b',
  device: [300, 70000],
  moved: true,
  noreplace: 'EEXIST',
  exchanged: true,
  whiteout: true,
  'not empty': 'ENOTEMPTY',
  gone: 'ENOENT',
  'long name': 'ENAMETOOLONG',
  unlinked: ['still', 0],
  tmpfile: 'unnamed',
  listed: 500,
  'attributes listed': 500,
  attributes: [1000, 1001, '0o711'],
  'given to the same': '0o711',
  times: ['-1500000000', '123456789123456789'],
  xattrs: ['user.name'],
  xattr: 'value',
  'xattr there': 'EEXIST',
  'xattr gone': 'ENODATA',
  acl: ['0o650', true],
  user: [true, 'done'],
  immutable: 'EPERM',
  fiemap: 'EOPNOTSUPP',
  'other ioctl': 'ENOTTY',
  volume: [255, 1024, true],
  'others are refused': true,
};
