import { createHash } from 'node:crypto';
import type { FileSystem } from './file-system.ts';
import { python, withKernelMount } from './kernel-mount.fixture.ts';
import { Failure } from '../lib/errno.ts';
import type { FileType } from './types.ts';

/**
 * System calls as data, for our file system and for the kernel's, with an answer as text: an errno, `done`, or what was
 * read. Paths are relative to the root. Only for tests.
 */
export type Call =
  | {
      readonly op: 'set';
      readonly path: string;
      readonly name: string;
      /** A value in hexadecimal digits, repeated. */
      readonly value: string;
      readonly repeat?: number;
      readonly flag?: 'create' | 'replace' | 'both';
      readonly nofollow?: true;
    }
  | { readonly op: 'get'; readonly path: string; readonly name: string; readonly nofollow?: true }
  | { readonly op: 'remove'; readonly path: string; readonly name: string; readonly nofollow?: true }
  | { readonly op: 'list'; readonly path: string; readonly nofollow?: true }
  | { readonly op: 'stat'; readonly path: string }
  | { readonly op: 'file' | 'mkdir' | 'chmod'; readonly path: string; readonly mode: number }
  | { readonly op: 'chown'; readonly path: string; readonly uid: number; readonly gid: number }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  | { readonly op: 'unlink'; readonly path: string }
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  | {
      readonly op: 'write';
      readonly path: string;
      readonly offset: number;
      readonly value: string;
      readonly repeat: number;
    }
  | { readonly op: 'truncate'; readonly path: string; readonly size: number }
  | { readonly op: 'read' | 'readdir' | 'rmdir'; readonly path: string }
  | { readonly op: 'open'; readonly path: string; readonly access: 'read' | 'write' | 'read-write' }
  /** Who makes the calls that follow. */
  | { readonly op: 'as'; readonly uid: number; readonly gid: number; readonly groups: readonly number[] };

const bytesOf = (value: string, repeat = 1): Uint8Array => Buffer.from(value.repeat(repeat), 'hex');

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Contents, short enough for a message. */
const digest = (bytes: Uint8Array): string =>
  `${bytes.length} bytes ${createHash('sha1').update(bytes).digest('hex')}`;

const LETTERS: Readonly<Partial<Record<FileType, string>>> = { file: 'f', directory: 'd', symlink: 'l' };

export function performCall(fs: FileSystem, call: Call): string {
  try {
    const perform = PERFORM[call.op] as (fs: FileSystem, call: Call, path: string) => unknown;
    const answer = perform(fs, call, 'path' in call ? `/${call.path}` : '/');
    return typeof answer === 'string' ? answer : 'done';
  } catch (error) {
    if (error instanceof Failure) return error.errno;
    throw error;
  }
}

type Performers = {
  readonly [Op in Call['op']]: (fs: FileSystem, call: Extract<Call, { op: Op }>, path: string) => unknown;
};

const noFollow = ({ nofollow }: { readonly nofollow?: true }) => ({ nofollow: nofollow === true });

function withFile(
  fs: FileSystem,
  path: string,
  access: 'read' | 'write',
  use: (fd: number) => string,
): string {
  const fd = fs.open(path, { access });
  try {
    return use(fd);
  } finally {
    fs.close(fd);
  }
}

const PERFORM: Performers = {
  as: (fs, { uid, gid, groups }) => {
    fs.setCredentials(uid, gid, groups);
  },
  set: (fs, call, path) => {
    const { name, value, repeat, flag } = call;
    const create = flag === 'create' || flag === 'both';
    const replace = flag === 'replace' || flag === 'both';
    fs.setxattr(path, name, bytesOf(value, repeat), { create, replace, ...noFollow(call) });
  },
  get: (fs, call, path) => hex(fs.getxattr(path, call.name, noFollow(call))),
  remove: (fs, call, path) => {
    fs.removexattr(path, call.name, noFollow(call));
  },
  list: (fs, call, path) => fs.listxattr(path, noFollow(call)).sort().join(' '),
  chmod: (fs, { mode }, path) => {
    fs.chmod(path, mode);
  },
  chown: (fs, { uid, gid }, path) => {
    fs.chown(path, uid, gid);
  },
  stat: (fs, _call, path) => {
    const { mode, sectors, size, links } = fs.lstat(path);
    return `${mode.toString(8)} ${sectors} ${size} ${links}`;
  },
  file: (fs, { mode }, path) => {
    fs.close(fs.open(path, { access: 'read-write', create: true }, mode));
  },
  open: (fs, { access }, path) => {
    fs.close(fs.open(path, { access }));
  },
  mkdir: (fs, { mode }, path) => {
    fs.mkdir(path, mode);
  },
  rmdir: (fs, _call, path) => {
    fs.rmdir(path);
  },
  symlink: (fs, { target }, path) => {
    fs.symlink(target, path);
  },
  unlink: (fs, _call, path) => {
    fs.unlink(path);
  },
  rename: (fs, { to }, path) => {
    fs.rename(path, `/${to}`);
  },
  truncate: (fs, { size }, path) => {
    fs.truncate(path, size);
  },
  readdir: (fs, _call, path) =>
    fs
      .readdir(path)
      .map(({ name, type }) => `${LETTERS[type] ?? '?'}${name}`)
      .sort()
      .join(' '),
  write: (fs, { value, repeat, offset }, path) =>
    withFile(fs, path, 'write', (fd) => `${fs.pwrite(fd, bytesOf(value, repeat), offset)}`),
  read: (fs, _call, path) =>
    withFile(fs, path, 'read', (fd) => {
      const target = new Uint8Array(fs.fstat(fd).size);
      return digest(target.subarray(0, fs.pread(fd, target, 0)));
    }),
};

/** The same on a kernel's mount: prints the answers to the calls of its input. */
const CALL_SCRIPT = `
import errno, hashlib, json, os, stat, sys
root, calls = sys.argv[1], json.load(open(sys.argv[2]))
os.umask(0)
os.chdir(root)
FLAGS = {None: 0, 'create': os.XATTR_CREATE, 'replace': os.XATTR_REPLACE, 'both': 3}
ACCESS = {'read': os.O_RDONLY, 'write': os.O_WRONLY, 'read-write': os.O_RDWR}
def opened(path, flags, use, mode=0):
    fd = os.open(path, flags, mode)
    try: return use(fd)
    finally: os.close(fd)
def digest(data): return '%d bytes %s' % (len(data), hashlib.sha1(data).hexdigest())
def letter(entry):
    return 'l' if entry.is_symlink() else 'd' if entry.is_dir() else 'f' if entry.is_file() else '?'
def value(call): return bytes.fromhex(call['value'] * call.get('repeat', 1))
def perform(call):
    op, path, follow = call['op'], call.get('path', ''), not call.get('nofollow', False)
    if op == 'as':
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(call['groups'])
        os.setegid(call['gid'])
        os.seteuid(call['uid'])
    elif op == 'set': os.setxattr(path, call['name'], value(call), FLAGS[call.get('flag')], follow_symlinks=follow)
    elif op == 'get': return os.getxattr(path, call['name'], follow_symlinks=follow).hex()
    elif op == 'remove': os.removexattr(path, call['name'], follow_symlinks=follow)
    elif op == 'list': return ' '.join(sorted(os.listxattr(path, follow_symlinks=follow)))
    elif op == 'chmod': os.chmod(path, call['mode'])
    elif op == 'chown': os.chown(path, call['uid'], call['gid'])
    elif op == 'stat':
        found = os.lstat(path)
        return '%o %d %d %d' % (stat.S_IMODE(found.st_mode), found.st_blocks, found.st_size, found.st_nlink)
    elif op == 'file': opened(path, os.O_RDWR | os.O_CREAT, lambda fd: None, call['mode'])
    elif op == 'open': opened(path, ACCESS[call['access']], lambda fd: None)
    elif op == 'mkdir': os.mkdir(path, call['mode'])
    elif op == 'rmdir': os.rmdir(path)
    elif op == 'symlink': os.symlink(call['target'], path)
    elif op == 'unlink': os.unlink(path)
    elif op == 'rename': os.rename(path, call['to'])
    elif op == 'truncate': os.truncate(path, call['size'])
    elif op == 'readdir': return ' '.join(sorted(letter(entry) + entry.name for entry in os.scandir(path)))
    elif op == 'write': return str(opened(path, os.O_WRONLY, lambda fd: os.pwrite(fd, value(call), call['offset'])))
    elif op == 'read': return opened(path, os.O_RDONLY, lambda fd: digest(os.pread(fd, os.fstat(fd).st_size, 0)))
    return 'done'
answers = []
for call in calls:
    try: answers.append(perform(call))
    except OSError as error: answers.append('EOPNOTSUPP' if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno])
print(json.dumps(answers))
`;

/** The kernel's answers on an image, which it changes. */
export const onKernel = async (image: string, input: readonly Call[]): Promise<string[]> =>
  (await withKernelMount(image, (root) => python(CALL_SCRIPT, root, input))) as string[];
