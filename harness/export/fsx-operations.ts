import type { FallocateMode, Operation, Path } from '../../model/index.ts';
import type { ReproductionStep } from './reproduction.ts';

/** A line of an ops file (without the size), nothing to be written, or why there is none. */
export type FsxLine =
  | { readonly words: string; readonly size: number; readonly keepSize?: true; readonly end: number }
  | { readonly nothing: true }
  | { readonly obstacle: string };

const FALLOCATE: Readonly<Record<FallocateMode, string | null>> = {
  allocate: 'fallocate',
  'keep-size': 'fallocate',
  punch: 'punch_hole',
  zero: 'zero_range',
  'zero-keep-size': 'zero_range',
  collapse: 'collapse_range',
  insert: 'insert_range',
  'write-zeroes': null,
};

/** fsx's numbers are of 32 bits, some of them with a sign. */
const LARGEST = 2 ** 31 - 1;

const NOTHING: FsxLine = { nothing: true };

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * One operation on the only file `path`, as fsx --replay-ops knows it (ltp/fsx.c, read_op and test). fsx trims what reaches too far,
 * so only what it would leave alone is written.
 */
export function fsxLine(step: ReproductionStep, path: Path, blockSize: number): FsxLine {
  const { operation, expected, before } = step;
  if (expected?.ok !== true) return { obstacle: 'fsx stops at the first call that fails' };
  const size = before?.size ?? 0;
  switch (operation.op) {
    case 'read':
    case 'pread':
      return readLine(operation, operation.op === 'pread' ? operation.offset : (before?.position ?? 0), size);
    case 'write':
    case 'pwrite':
      return writeLine(
        operation,
        operation.op === 'pwrite' ? operation.offset : (before?.position ?? 0),
        size,
      );
    case 'load':
      return inside('mapread', (before?.position ?? 0) + operation.offset, operation.length, size);
    case 'store':
      return inside('mapwrite', (before?.position ?? 0) + operation.offset, operation.content.length, size);
    case 'truncate':
      if (operation.path !== path) return { obstacle: 'fsx has one file' };
      return line('truncate', 0, operation.size, size);
    case 'ftruncate':
      return line('truncate', 0, operation.size, size);
    case 'fallocate':
      return fallocateLine(operation, size, blockSize);
    case 'copy-file-range':
      return copyLine(operation, size);
    // fsx maps for each access by itself, and seeks before each read and write.
    case 'mmap':
    case 'munmap':
      return NOTHING;
    case 'seek':
      return operation.whence === 'data' || operation.whence === 'hole'
        ? { obstacle: 'fsx looks for no holes' }
        : NOTHING;
    case 'fsync':
      return { obstacle: 'fsync of an ops file needs a log device' };
    default:
      return {
        obstacle: `fsx has no ${operation.op}${'path' in operation && operation.path !== path ? ' and one file' : ''}`,
      };
  }
}

function line(name: string, first: number, second: number, size: number, end = first + second): FsxLine {
  if (Math.max(first, second, end) > LARGEST) return { obstacle: 'the numbers of fsx end at 2 GiB' };
  if (first < 0 || second < 0) return { obstacle: 'fsx knows no negative numbers' };
  return { words: `${name} ${hex(first)} ${hex(second)}`, size, end };
}

/** What fsx trims to the size of the file. */
function inside(name: string, offset: number, length: number, size: number): FsxLine {
  if (length === 0) return { obstacle: 'fsx makes no call for nothing' };
  if (offset + length > size) return { obstacle: `fsx trims ${name} to the size of the file` };
  return line(name, offset, length, size);
}

type Transfer = Extract<Operation, { op: 'read' | 'pread' | 'write' | 'pwrite' }>;

function plainWord(operation: Transfer, word: 'read' | 'write'): string | null {
  const { rwf = [], pieces, faultAt, misaligned } = operation;
  if (pieces !== undefined || faultAt !== undefined || misaligned !== undefined) return null;
  if (rwf.length === 0) return word;
  return rwf.length === 1 && rwf[0] === 'dontcache' ? `${word}_dontcache` : null;
}

function readLine(
  operation: Extract<Transfer, { op: 'read' | 'pread' }>,
  offset: number,
  size: number,
): FsxLine {
  const word = plainWord(operation, 'read');
  if (word === null) return { obstacle: 'fsx reads into plain memory, with RWF_DONTCACHE at most' };
  return inside(word, offset, operation.length, size);
}

function writeLine(
  operation: Extract<Transfer, { op: 'write' | 'pwrite' }>,
  offset: number,
  size: number,
): FsxLine {
  const word = plainWord(operation, 'write');
  if (word === null) return { obstacle: 'fsx writes from plain memory, with RWF_DONTCACHE at most' };
  if (operation.content.length === 0) return { obstacle: 'fsx makes no call for nothing' };
  return line(word, offset, operation.content.length, size);
}

function fallocateLine(
  { mode, offset, length }: Extract<Operation, { op: 'fallocate' }>,
  size: number,
  blockSize: number,
): FsxLine {
  const word = FALLOCATE[mode];
  if (word === null) return { obstacle: 'fsx has no write-zeroes' };
  const keep = mode === 'keep-size' || mode === 'zero-keep-size';
  if (mode === 'punch') return inside(word, offset, length, size);
  const aligned = offset % blockSize === 0 && length % blockSize === 0;
  if ((mode === 'collapse' || mode === 'insert') && !aligned)
    return { obstacle: `fsx rounds ${word} down to blocks` };
  const end = mode === 'insert' ? size + length : offset + length;
  const made = line(word, offset, length, size, end);
  return keep && 'words' in made ? { ...made, keepSize: true } : made;
}

function copyLine(
  { from, to, fromOffset, toOffset, length }: Extract<Operation, { op: 'copy-file-range' }>,
  size: number,
): FsxLine {
  if (fromOffset === null || toOffset === null) return { obstacle: 'fsx copies from and to given offsets' };
  if (from !== to) return { obstacle: 'fsx copies within its file' };
  if (length === 0 || fromOffset + length > size) return { obstacle: 'fsx copies what is there' };
  const made = line('copy_range', fromOffset, length, size, Math.max(fromOffset, toOffset) + length);
  return 'words' in made ? { ...made, words: `${made.words} ${hex(toOffset)}` } : made;
}
