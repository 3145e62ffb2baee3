import type { FallocateMode, Operation, TransferOptions } from '../../model/index.ts';
import { simplerContents } from './simpler-metadata.ts';

/** As simplerOperations, for what moves bytes or says where they lie. */
export function* simplerTransfers(
  operation: Operation,
  simpler: (bytes: number) => number[],
): Generator<Operation, void> {
  switch (operation.op) {
    case 'read':
    case 'pread':
      yield* simplerOptions(operation);
      if (operation.op === 'pread')
        for (const offset of simpler(operation.offset)) yield { ...operation, offset };
      for (const length of simpler(operation.length)) yield { ...operation, length };
      return;
    case 'write':
    case 'pwrite':
      yield* simplerOptions(operation);
      if (operation.op === 'pwrite')
        for (const offset of simpler(operation.offset)) yield { ...operation, offset };
      for (const content of simplerContents(operation.content, simpler)) yield { ...operation, content };
      return;
    case 'seek':
      for (const offset of simpler(operation.offset)) yield { ...operation, offset };
      return;
    case 'copy-file-range':
    case 'sendfile':
      yield* simplerCopies(operation, simpler);
      return;
    case 'sync-file-range':
      if (operation.wait !== 'both' || !operation.write) yield { ...operation, wait: 'both', write: true };
      yield* simplerRanges(operation, simpler);
      return;
    case 'mmap':
      if (operation.sharing === 'private') yield { ...operation, sharing: 'shared' };
      if (operation.access === 'read') yield { ...operation, access: 'read-write' };
      yield* simplerRanges(operation, simpler);
      return;
    case 'store':
      for (const offset of simpler(operation.offset)) yield { ...operation, offset };
      for (const content of simplerContents(operation.content, simpler)) yield { ...operation, content };
      return;
    case 'trim':
      for (const start of simpler(operation.start)) yield { ...operation, start };
      for (const minimum of simpler(operation.minimum)) yield { ...operation, minimum };
      return;
    case 'load':
    case 'msync':
    case 'reclaim':
    case 'writeback':
    case 'readahead':
    case 'fadvise':
      yield* simplerRanges(operation, simpler);
      return;
    case 'fallocate':
      for (const mode of SIMPLER_MODES[operation.mode] ?? []) yield { ...operation, mode };
      yield* simplerRanges(operation, simpler);
      return;
    case 'move-extent':
      for (const donorOffset of simpler(operation.donorOffset)) yield { ...operation, donorOffset };
      yield* simplerRanges(operation, simpler);
      return;
    case 'fiemap':
      yield* withoutSync(operation);
      yield* simplerRanges(operation, simpler);
      return;
    case 'bmap':
      for (const block of simpler(operation.block)) yield { ...operation, block };
      return;
    default:
  }
}

/** Modes that do less, or the same in fewer steps. */
const SIMPLER_MODES: Readonly<Partial<Record<FallocateMode, readonly FallocateMode[]>>> = {
  'keep-size': ['allocate'],
  'zero-keep-size': ['punch', 'zero'],
  'write-zeroes': ['zero'],
};

type Ranged = Extract<Operation, { offset: number; length: number }>;

function* simplerRanges(operation: Ranged, simpler: (bytes: number) => number[]): Iterable<Operation> {
  for (const offset of simpler(operation.offset)) yield { ...operation, offset };
  for (const length of simpler(operation.length)) yield { ...operation, length };
}

function* withoutSync({
  op,
  path,
  offset,
  length,
  sync,
}: Extract<Operation, { op: 'fiemap' }>): Iterable<Operation> {
  if (sync === true) yield { op, path, offset, length };
}

const OPTIONS = ['rwf', 'pieces', 'faultAt', 'misaligned'] as const satisfies (keyof TransferOptions)[];

/** A plain call first, then one option less, then one flag less. */
function* simplerOptions<Transferring extends Operation & TransferOptions>(
  operation: Transferring,
): Iterable<Transferring> {
  const set = OPTIONS.filter((option) => operation[option] !== undefined);
  const without = (left: readonly string[]): Transferring =>
    Object.fromEntries(Object.entries(operation).filter(([key]) => !left.includes(key))) as Transferring;
  if (set.length > 1) yield without(set);
  for (const option of set) yield without([option]);
  const { rwf = [] } = operation;
  if (rwf.length > 1) for (const flag of rwf) yield { ...operation, rwf: rwf.filter((one) => one !== flag) };
}

type Copy = Extract<Operation, { op: 'copy-file-range' | 'sendfile' }>;

/** Offsets that are given are simpler than positions. */
function* simplerCopies(operation: Copy, simpler: (bytes: number) => number[]): Iterable<Operation> {
  const { fromOffset } = operation;
  if (fromOffset === null) yield { ...operation, fromOffset: 0 };
  else for (const offset of simpler(fromOffset)) yield { ...operation, fromOffset: offset };
  if (operation.op === 'copy-file-range') {
    const { toOffset } = operation;
    if (toOffset === null) yield { ...operation, toOffset: 0 };
    else for (const offset of simpler(toOffset)) yield { ...operation, toOffset: offset };
  }
  for (const length of simpler(operation.length)) yield { ...operation, length };
}
