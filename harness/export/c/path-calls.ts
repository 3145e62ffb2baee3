import type { NodeType, Operation, RenameFlag, SetTime, Stat } from '../../../model/index.ts';
import { changedFlagBits } from '../../inode-flag-bits.ts';
import { FILE_TYPES } from '../file-types.ts';
import { bytesText, octal, text, valueWords } from './words.ts';
import { args, type CWriter } from './writer.ts';

const RENAME: Readonly<Record<RenameFlag, string>> = {
  noreplace: 'RENAME_NOREPLACE',
  exchange: 'RENAME_EXCHANGE',
  whiteout: 'RENAME_WHITEOUT',
};

const TOLD_BY_TYPE = (type: NodeType): string => FILE_TYPES[type].name;

const NAMES = [
  'truncate',
  'mkdir',
  'rmdir',
  'unlink',
  'rename',
  'link',
  'link-handle',
  'mknod',
  'symlink',
  'readlink',
  'stat',
  'lstat',
  'fstat',
  'readdir',
  'chmod',
  'chown',
  'utimens',
  'setxattr',
  'getxattr',
  'removexattr',
  'listxattr',
  'chattr',
  'lsattr',
  'set-project',
] as const satisfies Operation['op'][];

export type PathCall = Extract<Operation, { op: (typeof NAMES)[number] }>;

export const isPathCall = (operation: Operation): operation is PathCall =>
  (NAMES as readonly string[]).includes(operation.op);

/** Calls on names and attributes. */
export function writePathCall(operation: PathCall, writer: CWriter): void {
  switch (operation.op) {
    case 'truncate':
      return writer.check(`truncate(${args(text(operation.path), operation.size)})`);
    case 'mkdir':
    case 'chmod':
      return writer.check(`${operation.op}(${args(text(operation.path), octal(operation.mode))})`);
    case 'rmdir':
    case 'unlink':
      return writer.check(`${operation.op}(${text(operation.path)})`);
    case 'rename': {
      const flag = operation.flag === undefined ? '0' : RENAME[operation.flag];
      const names = ['AT_FDCWD', text(operation.from), 'AT_FDCWD', text(operation.to)];
      return writer.check(`renameat2(${args(...names, flag)})`);
    }
    case 'link':
      return writer.check(
        `linkat(${args('AT_FDCWD', text(operation.from), 'AT_FDCWD', text(operation.to), 0)})`,
      );
    case 'link-handle': {
      const fd = writer.variable(operation.handle);
      return writer.check(`linkat(${args(fd, '""', 'AT_FDCWD', text(operation.to), 'AT_EMPTY_PATH')})`);
    }
    case 'mknod': {
      const { path, type, mode, device } = operation;
      const number = `makedev(${args(device.major, device.minor)})`;
      return writer.check(`mknod(${args(text(path), `${TOLD_BY_TYPE(type)} | ${octal(mode)}`, number)})`);
    }
    case 'symlink':
      return writer.check(`symlink(${args(text(operation.target), text(operation.path))})`);
    case 'chown':
      return writer.check(`chown(${args(text(operation.path), operation.uid, operation.gid)})`);
    case 'utimens': {
      const times = `{${timeWords(operation.atime)}, ${timeWords(operation.mtime)}}`;
      const where = args('AT_FDCWD', text(operation.path), `(const struct timespec[])${times}`, 0);
      return writer.check(`utimensat(${where})`);
    }
    case 'stat':
    case 'lstat':
    case 'fstat':
    case 'readlink':
    case 'readdir':
      return writeLook(operation, writer);
    default:
      return writeAttributeCall(operation, writer);
  }
}

function timeWords(time: SetTime): string {
  if (time === 'now') return '{0, UTIME_NOW}';
  return time === 'omit' ? '{0, UTIME_OMIT}' : `{${args(time.seconds, time.nanoseconds)}}`;
}

type Look = Extract<PathCall, { op: 'stat' | 'lstat' | 'fstat' | 'readlink' | 'readdir' }>;

function writeLook(operation: Look, writer: CWriter): void {
  const { value } = writer;
  if (operation.op === 'readdir') {
    const expected = value?.kind === 'entries' ? value.entries.map(({ name }) => name) : [];
    const words = expected.filter((name) => name !== 'lost+found').map((name) => `${name}/`);
    if (value === null) return writer.use('looking').performs(`looking(${text(operation.path)})`);
    return writer.use('names').judge('check_names', text(words.join('')), text(operation.path));
  }
  if (operation.op === 'readlink') {
    writer.needsBuffer(LINK_BYTES);
    const call = `readlink(${args(text(operation.path), '(char *)buffer', LINK_BYTES - 1)})`;
    if (value?.kind !== 'text') return writer.check(call);
    writer.plain(`memset(buffer, 0, ${LINK_BYTES});`);
    writer.performs(call);
    return writer.use('text').judge('check_text', text(value.text), '(char *)buffer');
  }
  const subject = operation.op === 'fstat' ? writer.variable(operation.handle) : text(operation.path);
  const call = `${operation.op}(${args(subject, '&is')})`;
  if (value?.kind !== 'stat') return writer.check(call);
  const top = operation.op !== 'fstat' && operation.path === '.' ? 1 : 0;
  writer.use('stat').judge('check_stat', statWords(value.stat), `${top}, ${call}, &is`);
}

const LINK_BYTES = 4097;

function statWords({ type, mode, links, uid, gid, size, device }: Stat): string {
  const number = device === undefined ? '0' : `makedev(${args(device.major, device.minor)})`;
  return `(struct attributes){${args(`${FILE_TYPES[type].name} | ${octal(mode)}`, links, uid, gid, size, number)}}`;
}

type AttributeCall = Exclude<PathCall, Look | { op: 'truncate' | 'mkdir' | 'chmod' | 'rmdir' | 'unlink' }> & {
  op: 'setxattr' | 'getxattr' | 'removexattr' | 'listxattr' | 'chattr' | 'lsattr' | 'set-project';
};

const ATTRIBUTE_BYTES = 65537;
const ALL_BITS = 0xffffffff;

function writeAttributeCall(operation: AttributeCall, writer: CWriter): void {
  const path = text(operation.path);
  const { value } = writer;
  const l = 'nofollow' in operation ? 'l' : '';
  switch (operation.op) {
    case 'setxattr': {
      const { expression, length, content } = valueWords(operation.value);
      if (content) writer.use('content');
      const flag = operation.flag === undefined ? '0' : `XATTR_${operation.flag.toUpperCase()}`;
      return writer.check(`${l}setxattr(${args(path, text(operation.name), expression, length, flag)})`);
    }
    case 'getxattr': {
      writer.needsBuffer(ATTRIBUTE_BYTES);
      const call = `${l}getxattr(${args(path, text(operation.name), 'buffer', ATTRIBUTE_BYTES)})`;
      if (value?.kind === 'data') return writeBytesCheck(call, value.bytes, writer);
      return writer.data(call);
    }
    case 'removexattr':
      return writer.check(`${l}removexattr(${args(path, text(operation.name))})`);
    case 'listxattr': {
      writer.needsBuffer(ATTRIBUTE_BYTES);
      const call = `${l}listxattr(${args(path, '(char *)buffer', ATTRIBUTE_BYTES)})`;
      if (value?.kind !== 'names') return writer.check(call);
      const names = text(value.names.map((name) => `${name} `).join(''));
      return writer.use('xattrs').judge('check_attribute_names', names, `(char *)buffer, answer(${call})`);
    }
    case 'chattr': {
      const set = changedFlagBits(0, operation);
      const cleared = ~changedFlagBits(ALL_BITS, operation) >>> 0;
      return writer.use('flags').check(`change_flags(${args(path, hex(set), hex(cleared))})`);
    }
    case 'lsattr':
      return writeFlagsCheck(path, writer);
    case 'set-project':
      return writer.use('project').check(`set_project(${args(path, operation.project)})`);
  }
}

function writeBytesCheck(call: string, bytes: Uint8Array, writer: CWriter): void {
  writer.judge('check', String(bytes.length), `answer(${call})`);
  writer.judge('check', '0', `memcmp(buffer, ${bytesText(bytes)}, ${bytes.length}) ? 1 : 0`);
}

function writeFlagsCheck(path: string, writer: CWriter): void {
  const { value } = writer;
  writer.use('flags');
  const known = changedFlagBits(0, EVERY_FLAG);
  const call = `flags_of(${args(path, hex(known))})`;
  if (value?.kind !== 'flags') return writer.check(call);
  const expected = changedFlagBits(0, {
    ...NO_FLAG,
    ...Object.fromEntries(value.flags.map((flag) => [flag, true])),
  });
  writer.judge('check', hex(expected), `answer(${call})`);
}

const NO_FLAG = { immutable: false, append: false };

const EVERY_FLAG = {
  immutable: true,
  append: true,
  sync: true,
  dirsync: true,
  noatime: true,
  nodump: true,
  journalData: true,
};

const hex = (bits: number): string => `0x${bits.toString(16)}`;
