import type { FallocateMode, Operation, RwfFlag, Value } from '../../../model/index.ts';
import type { ReproductionStep } from '../reproduction.ts';
import type { OpenFiles } from './open-files.ts';
import { isPlainForXfsIo, letterWord } from './words.ts';

/** A command of xfs_io on an open file, or why there is none. */
export type IoCommand =
  { readonly command: string; readonly handle: `fd${number}` } | { readonly obstacle: string };

const FALLOCATE: Readonly<Record<FallocateMode, string | null>> = {
  allocate: 'falloc',
  'keep-size': 'falloc -k',
  punch: 'fpunch',
  zero: 'fzero',
  'zero-keep-size': 'fzero -k',
  collapse: 'fcollapse',
  insert: 'finsert',
  'write-zeroes': null,
};

const ADVICE: Readonly<Record<string, string>> = {
  normal: '',
  sequential: '-s',
  random: '-r',
  willneed: '-w',
  dontneed: '-d',
  noreuse: '-n',
};

const RWF: Partial<Readonly<Record<RwfFlag, string>>> = { dsync: '-D', nowait: '-N' };

/** Operations on descriptors and mappings; null for what is none. */
export function ioCommand(step: ReproductionStep, files: OpenFiles): IoCommand | null {
  const { operation } = step;
  switch (operation.op) {
    case 'write':
    case 'pwrite':
      return writeCommand(operation, step);
    case 'ftruncate':
      if (operation.size < 0) return { obstacle: 'xfs_io takes no negative size' };
      return { handle: operation.handle, command: `truncate ${operation.size}` };
    case 'fsync':
    case 'fdatasync':
    case 'syncfs':
      return { handle: operation.handle, command: operation.op };
    case 'fallocate':
      return fallocateCommand(operation);
    case 'fadvise': {
      const words = ['fadvise', ADVICE[operation.advice] ?? '', operation.offset, operation.length];
      return ranged(operation, words.join(' ').replace('  ', ' '));
    }
    case 'sync-file-range': {
      const { wait, write, offset, length } = operation;
      const flags = `${wait === 'before' || wait === 'both' ? ' -b' : ''}${write ? ' -w' : ''}${wait === 'after' || wait === 'both' ? ' -a' : ''}`;
      return ranged(operation, `sync_range${flags} ${offset} ${length}`);
    }
    case 'copy-file-range':
      return copyCommand(operation, files);
    case 'seek': {
      if (operation.whence === 'data' || operation.whence === 'hole') {
        return ranged(
          { ...operation, length: 0 },
          `seek -${operation.whence.slice(0, 1)} ${operation.offset}`,
        );
      }
      // Positions are counted here: each read and write is told its offset.
      return null;
    }
    case 'mmap':
    case 'munmap':
    case 'store':
    case 'load':
    case 'msync':
      return mappingCommand(step, files);
    default:
      return null;
  }
}

function ranged(
  {
    handle,
    offset,
    length,
  }: { readonly handle: `fd${number}`; readonly offset: number; readonly length: number },
  command: string,
): IoCommand {
  return offset < 0 || length < 0 ? { obstacle: 'xfs_io takes no negative numbers' } : { handle, command };
}

type Write = Extract<Operation, { op: 'write' | 'pwrite' }>;

function writeCommand(operation: Write, { before }: ReproductionStep): IoCommand {
  const { content, handle, rwf = [], pieces, faultAt, misaligned } = operation;
  const offset = operation.op === 'pwrite' ? operation.offset : (before?.position ?? null);
  if (pieces !== undefined || faultAt !== undefined || misaligned !== undefined)
    return { obstacle: 'xfs_io always writes from sound memory of its own' };
  if (content.length === 0) return { obstacle: 'xfs_io makes no call for an empty write' };
  if (offset === null || offset < 0) return { obstacle: 'xfs_io must be told where to write' };
  const unknown = rwf.find((flag) => RWF[flag] === undefined);
  if (unknown !== undefined) return { obstacle: `xfs_io has no word for RWF_${unknown.toUpperCase()}` };
  const flags = rwf.map((flag) => ` ${RWF[flag] ?? ''}`).join('');
  // In one call: the default is calls of 4096 bytes.
  const size = `-b ${content.length}`;
  return {
    handle,
    command: `pwrite -q${flags} -S ${letterWord(content)} ${size} ${offset} ${content.length}`,
  };
}

function fallocateCommand(operation: Extract<Operation, { op: 'fallocate' }>): IoCommand {
  const { mode, offset, length } = operation;
  const word = FALLOCATE[mode];
  if (word === null) return { obstacle: 'xfs_io of Debian 12 has no word for write-zeroes' };
  return ranged(operation, `${word} ${offset} ${length}`);
}

function copyCommand(operation: Extract<Operation, { op: 'copy-file-range' }>, files: OpenFiles): IoCommand {
  const { from, to, fromOffset, toOffset, length } = operation;
  const source = files.of(from);
  if (fromOffset === null || toOffset === null)
    return { obstacle: 'xfs_io copies from and to given offsets only' };
  if (source === undefined || source.lost !== null)
    return { obstacle: 'the source has no name to open it by' };
  if (!isPlainForXfsIo(source.path)) return { obstacle: 'xfs_io has no quotes for the name of the source' };
  if (length === 0) return { obstacle: 'xfs_io takes length 0 for all' };
  return ranged(
    { handle: to, offset: Math.min(fromOffset, toOffset), length },
    `copy_range -s ${fromOffset} -d ${toOffset} -l ${length} ${source.path}`,
  );
}

function mappingCommand({ operation, expected }: ReproductionStep, files: OpenFiles): IoCommand | null {
  if (operation.op === 'mmap') {
    const { handle, offset, length, sharing, access } = operation;
    if (sharing === 'private') return { obstacle: 'xfs_io maps shared only' };
    if (expected?.ok !== true) return { obstacle: 'xfs_io goes on where a mapping failed' };
    return { handle, command: `mmap -${access === 'read' ? 'r' : 'rw'} ${offset} ${length}` };
  }
  if (!('mapping' in operation)) return null;
  const mapped = files.mapped(operation.mapping);
  if (mapped === undefined)
    return { obstacle: 'a mapping lasts as long as commands on its file follow each other' };
  const { handle } = mapped;
  if (operation.op === 'munmap') return { handle, command: 'munmap' };
  if (expected?.ok !== true || movedBy(expected.value) !== lengthOf(operation))
    return { obstacle: 'xfs_io would die of SIGBUS' };
  return { handle, command: touchCommand(operation, mapped.offset + operation.offset) };
}

type Touch = Extract<Operation, { op: 'load' | 'store' | 'msync' }>;

function movedBy(value: Value): number | null {
  if (value.kind === 'count') return value.count;
  return value.kind === 'runs' ? value.runs.reduce((sum, run) => sum + run.length, 0) : null;
}

const lengthOf = (operation: Touch): number | null =>
  operation.op === 'store' ? operation.content.length : operation.op === 'load' ? operation.length : null;

function touchCommand(operation: Touch, offset: number): string {
  switch (operation.op) {
    case 'load':
      return `mread ${offset} ${operation.length}`;
    case 'msync':
      return `msync -${operation.mode === 'sync' ? 's' : 'a'} ${offset} ${operation.length}`;
    case 'store':
      return `mwrite -S ${letterWord(operation.content)} ${offset} ${operation.content.length}`;
  }
}
