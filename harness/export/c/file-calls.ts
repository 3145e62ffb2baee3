import type { Advice, FallocateMode, Operation, OpenFlags, Whence } from '../../../model/index.ts';
import { octal, text } from './words.ts';
import { args, type CWriter } from './writer.ts';

const ACCESS = { read: 'O_RDONLY', write: 'O_WRONLY', 'read-write': 'O_RDWR' } as const;

const OPEN: Readonly<Record<keyof OpenFlags, string>> = {
  create: 'O_CREAT',
  exclusive: 'O_EXCL',
  truncate: 'O_TRUNC',
  append: 'O_APPEND',
  directory: 'O_DIRECTORY',
  nofollow: 'O_NOFOLLOW',
  tmpfile: 'O_TMPFILE',
  direct: 'O_DIRECT',
  sync: 'O_SYNC',
  dsync: 'O_DSYNC',
};

const SEEK: Readonly<Record<Whence, string>> = {
  set: 'SEEK_SET',
  current: 'SEEK_CUR',
  end: 'SEEK_END',
  data: 'SEEK_DATA',
  hole: 'SEEK_HOLE',
};

const FALLOCATE: Readonly<Record<FallocateMode, string>> = {
  allocate: '0',
  'keep-size': 'FALLOC_FL_KEEP_SIZE',
  punch: 'FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE',
  zero: 'FALLOC_FL_ZERO_RANGE',
  'zero-keep-size': 'FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE',
  collapse: 'FALLOC_FL_COLLAPSE_RANGE',
  insert: 'FALLOC_FL_INSERT_RANGE',
  'write-zeroes': '0x80 /* FALLOC_FL_WRITE_ZEROES */',
};

const ADVICE: Readonly<Record<Advice, string>> = {
  normal: 'POSIX_FADV_NORMAL',
  sequential: 'POSIX_FADV_SEQUENTIAL',
  random: 'POSIX_FADV_RANDOM',
  willneed: 'POSIX_FADV_WILLNEED',
  dontneed: 'POSIX_FADV_DONTNEED',
  noreuse: 'POSIX_FADV_NOREUSE',
};

const WAIT = {
  none: [],
  before: ['SYNC_FILE_RANGE_WAIT_BEFORE'],
  after: ['SYNC_FILE_RANGE_WAIT_AFTER'],
  both: ['SYNC_FILE_RANGE_WAIT_BEFORE', 'SYNC_FILE_RANGE_WAIT_AFTER'],
} as const;

const NAMES = [
  'open',
  'close',
  'seek',
  'ftruncate',
  'fsync',
  'fdatasync',
  'syncfs',
  'fallocate',
  'readahead',
  'fadvise',
  'sync-file-range',
  'copy-file-range',
  'sendfile',
  'mmap',
  'munmap',
  'load',
  'store',
  'msync',
] as const satisfies Operation['op'][];

export type FileCall = Extract<Operation, { op: (typeof NAMES)[number] }>;

export const isFileCall = (operation: Operation): operation is FileCall =>
  (NAMES as readonly string[]).includes(operation.op);

/** Calls on descriptors and mappings, but for reads and writes. */
export function writeFileCall(operation: FileCall, writer: CWriter): void {
  switch (operation.op) {
    case 'open':
      return writeOpen(operation, writer);
    case 'close':
      return writer.use('opened').check(`shut(&${writer.variable(operation.handle)})`);
    case 'seek':
      return writer.check(
        `lseek(${args(writer.variable(operation.handle), operation.offset, SEEK[operation.whence])})`,
      );
    case 'ftruncate':
      return writer.check(`ftruncate(${args(writer.variable(operation.handle), operation.size)})`);
    case 'fsync':
    case 'fdatasync':
    case 'syncfs':
      return writer.check(`${operation.op}(${writer.variable(operation.handle)})`);
    case 'fallocate': {
      const { handle, mode, offset, length } = operation;
      return writer.check(`fallocate(${args(writer.variable(handle), FALLOCATE[mode], offset, length)})`);
    }
    case 'readahead':
      return writer.check(
        `readahead(${args(writer.variable(operation.handle), operation.offset, operation.length)})`,
      );
    case 'fadvise': {
      const { handle, offset, length, advice } = operation;
      const call = `posix_fadvise(${args(writer.variable(handle), offset, length, ADVICE[advice])})`;
      return writer.check(`(errno = ${call}) ? -1 : 0`);
    }
    case 'sync-file-range': {
      const flags = [...WAIT[operation.wait], ...(operation.write ? ['SYNC_FILE_RANGE_WRITE'] : [])];
      const { handle, offset, length } = operation;
      return writer.check(
        `sync_file_range(${args(writer.variable(handle), offset, length, flags.join(' | ') || '0')})`,
      );
    }
    case 'copy-file-range':
    case 'sendfile':
      return writeCopy(operation, writer);
    default:
      return writeMapping(operation, writer);
  }
}

function writeOpen(operation: Extract<FileCall, { op: 'open' }>, writer: CWriter): void {
  const { as, path, access, mode } = operation;
  const fd = writer.variable(as);
  const flags = [
    ACCESS[access],
    ...Object.keys(operation.flags).map((flag) => OPEN[flag as keyof OpenFlags]),
  ];
  const call = `open(${args(text(path), flags.join(' | '), octal(mode))})`;
  // The model's way of saying that the name of the descriptor is taken: nobody could call that.
  if (writer.errno === 'EBADF') return writer.plain(`/* ${as} is open: nothing is called. */`);
  const expected = writer.errno === null ? '0' : `-${writer.errno}`;
  writer.use('opened').judge('opened', expected, `&${fd}, ${call}`);
}

function writeCopy(
  operation: Extract<FileCall, { op: 'copy-file-range' | 'sendfile' }>,
  writer: CWriter,
): void {
  const [from, to] = [writer.variable(operation.from), writer.variable(operation.to)];
  const pointer = (offset: number | null): string => (offset === null ? 'NULL' : `&(off_t){${args(offset)}}`);
  const source = pointer(operation.fromOffset);
  writer.check(
    operation.op === 'sendfile'
      ? `sendfile(${args(to, from, source, operation.length)})`
      : `copy_file_range(${args(from, source, to, pointer(operation.toOffset), operation.length, 0)})`,
  );
}

function writeMapping(
  operation: Extract<FileCall, { op: 'mmap' | 'munmap' | 'load' | 'store' | 'msync' }>,
  writer: CWriter,
): void {
  writer.use('mappings');
  switch (operation.op) {
    case 'mmap': {
      const { as, handle, offset, length, sharing, access } = operation;
      const rights = access === 'read' ? 'PROT_READ' : 'PROT_READ | PROT_WRITE';
      const shared = sharing === 'shared' ? 'MAP_SHARED' : 'MAP_PRIVATE';
      const map = writer.variable(as);
      return writer.check(`map(${args(`&${map}`, length, rights, shared, writer.variable(handle), offset)})`);
    }
    case 'munmap':
      return writer.check(`unmap(&${writer.variable(operation.mapping)})`);
    case 'load': {
      const { mapping, offset, length } = operation;
      writer.needsBuffer(length);
      return writer.data(`load(${args(writer.variable(mapping), offset, length, 'buffer')})`);
    }
    case 'store': {
      const { mapping, offset, content } = operation;
      const bytes = `content(${args(content.seed, content.length)})`;
      return writer
        .use('content')
        .check(`store(${args(writer.variable(mapping), offset, bytes, content.length)})`);
    }
    case 'msync': {
      const { mapping, offset, length, mode } = operation;
      const how = mode === 'sync' ? 'MS_SYNC' : 'MS_ASYNC';
      return writer.check(`msync(${args(`${writer.variable(mapping)}.start + ${offset}`, length, how)})`);
    }
  }
}
