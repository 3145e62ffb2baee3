import type { Operation } from '../../model/index.ts';
import type { Setup } from '../setup.ts';
import type { Dice } from './dice.ts';

/**
 * The mix of fsx, the oldest and fastest exerciser of one file: what it does by default, in its proportions and with its
 * limits, so that our speed can be put beside its own on the same kernel. It is the fsx that Debian has the source of (diod,
 * tests/kern/fsx), which can be built beside the project. Campaigns have nothing of it.
 */

const FILE_BYTES_MAX = 1 << 18;
const LENGTH_MAX = 1 << 16;
const PAGE_BYTES = 4096;
const HANDLE = 'fd0';

/** Where fsx usually runs. */
export const FSX_SETUP: Setup = {
  blockSize: 4096,
  sizeBytes: 64 << 20,
  mount: { delalloc: true, dioreadNolock: true, atime: 'noatime' },
};

/** Operations, and how many steps of fsx they are: one of those may be several calls. */
export interface FsxMix {
  readonly operations: readonly Operation[];
  readonly steps: number;
}

/** So many steps on a new file. After each, fsx and we look whether the file has the size it should. */
export function fsxMix(dice: Dice, steps: number): FsxMix {
  const file = new File(dice);
  const flags = { create: true } as const;
  const operations: Operation[] = [
    { op: 'open', as: HANDLE, path: 'f', access: 'read-write', flags, mode: 0o600 },
  ];
  for (let step = 0; step < steps;) {
    const drawn = dice.pick(STEPS)(file);
    if (drawn.length === 0) continue;
    operations.push(...drawn, { op: 'fstat', handle: HANDLE });
    step++;
  }
  return { operations, steps };
}

/** The one file, of which nothing need be known but its size. */
class File {
  readonly dice: Dice;
  size = 0;
  #seed = 0;

  constructor(dice: Dice) {
    this.dice = dice;
  }

  /** A range of at least one byte that ends by `limit`; null when it would be empty. */
  range(limit: number): { offset: number; length: number } | null {
    if (limit === 0) return null;
    const offset = this.dice.below(limit);
    const length = Math.min(this.dice.below(LENGTH_MAX + 1), limit - offset);
    return length === 0 ? null : { offset, length };
  }

  content(length: number): { seed: number; length: number } {
    return { seed: this.#seed++, length };
  }

  reaches(end: number): void {
    this.size = Math.max(this.size, end);
  }
}

type Step = (file: File) => Operation[];

const wholePages = (bytes: number): number => bytes - (bytes % PAGE_BYTES);

const read: Step = (file) => {
  const range = file.range(file.size);
  return range === null ? [] : [{ op: 'pread', handle: HANDLE, ...range }];
};

const write: Step = (file) => {
  const range = file.range(FILE_BYTES_MAX);
  if (range === null) return [];
  const { offset, length } = range;
  file.reaches(offset + length);
  return [{ op: 'pwrite', handle: HANDLE, offset, content: file.content(length) }];
};

/** Each load and store has a mapping of its own, as fsx has it. */
function mapped(
  { offset, length }: { offset: number; length: number },
  access: 'read' | 'read-write',
  use: (within: number) => Operation[],
): Operation[] {
  const start = wholePages(offset);
  const mapping = { offset: start, length: offset - start + length };
  return [
    { op: 'mmap', as: 'map0', handle: HANDLE, ...mapping, sharing: 'shared', access },
    ...use(offset - start),
    { op: 'munmap', mapping: 'map0' },
  ];
}

const mapRead: Step = (file) => {
  const range = file.range(file.size);
  if (range === null) return [];
  const { length } = range;
  return mapped(range, 'read', (offset) => [{ op: 'load', mapping: 'map0', offset, length }]);
};

const mapWrite: Step = (file) => {
  const range = file.range(FILE_BYTES_MAX);
  if (range === null) return [];
  const { offset, length } = range;
  const end = offset + length;
  const longer: Operation[] = end > file.size ? [{ op: 'ftruncate', handle: HANDLE, size: end }] : [];
  file.reaches(end);
  const content = file.content(length);
  const stored = mapped(range, 'read-write', (within) => [
    { op: 'store', mapping: 'map0', offset: within, content },
    { op: 'msync', mapping: 'map0', offset: 0, length: within + length, mode: 'async' },
  ]);
  return [...longer, ...stored];
};

const truncate: Step = (file) => {
  file.size = file.dice.below(FILE_BYTES_MAX);
  return [{ op: 'ftruncate', handle: HANDLE, size: file.size }];
};

/** By half of the dice the file may become longer. */
const allocate: Step = (file) => {
  const range = file.range(FILE_BYTES_MAX);
  if (range === null) return [];
  const keeps = file.dice.oneIn(2);
  if (!keeps) file.reaches(range.offset + range.length);
  return [{ op: 'fallocate', handle: HANDLE, mode: keeps ? 'keep-size' : 'allocate', ...range }];
};

const punch: Step = (file) => {
  const range = file.range(file.size);
  return range === null ? [] : [{ op: 'fallocate', handle: HANDLE, mode: 'punch', ...range }];
};

/** All are as likely. */
const STEPS: readonly [Step, ...Step[]] = [read, write, mapRead, mapWrite, truncate, allocate, punch];
