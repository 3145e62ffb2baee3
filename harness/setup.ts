import * as z from 'zod';
import { ext4MaxIndirectBytes, ext4Options, type ModelOptions, type Timestamp } from '../model/index.ts';
import { clusterSize, formatSchema, hasFeature, type SetupFormat } from './format.ts';
import { describeIssues } from './schema-issues.ts';

/** The time of mkfs, and of operation 0 of every sequence. Part of the rules for replay: never change it. */
export const BASE_SECONDS = 1_700_000_000;

/** Nanoseconds go on by a prime, so that no two operations of a sequence share them. */
const NANOSECONDS_STEP = 7919;

/** When operation `step` (from 0) of a sequence happens, on the model and on every target alike. */
export function timeOfStep(step: number): Timestamp {
  return { seconds: BASE_SECONDS + step, nanoseconds: (step * NANOSECONDS_STEP) % 1_000_000_000 };
}

/** How long after an operation somebody looks at what came of it, before the next one. */
const NANOSECONDS_UNTIL_LOOK = 1;

/**
 * When the harness looks at the whole tree after operation `step`: a read at the very time of a change would move atime
 * under relatime, and leave it so that the next read moves it again, which no clock that goes on by itself does.
 */
export function timeOfLookAfter(step: number): Timestamp {
  const { seconds, nanoseconds } = timeOfStep(step);
  return { seconds, nanoseconds: nanoseconds + NANOSECONDS_UNTIL_LOOK };
}

/** Bytes of a block that sequences are drawn for. */
export type BlockSize = 1024 | 2048 | 4096 | 8192 | 16384 | 32768 | 65536;

/** The usual ones: what sequences are run on when nobody chooses. */
export const BLOCK_SIZES = [1024, 2048, 4096] as const satisfies readonly BlockSize[];

/** Larger than a page: they need devices of 16 MiB to 128 MiB for a journal. */
export const LARGE_BLOCK_SIZES = [8192, 16384, 32768, 65536] as const satisfies readonly BlockSize[];

export const ALL_BLOCK_SIZES: readonly BlockSize[] = [...BLOCK_SIZES, ...LARGE_BLOCK_SIZES];

/** The file system that a sequence runs on: how the image is made and how it is mounted. */
export interface Setup {
  /** Bytes. */
  readonly blockSize: BlockSize;
  /** Bytes of the device, a multiple of 4096. */
  readonly sizeBytes: number;
  /** At least so many inodes; as mke2fs chooses by size when absent. */
  readonly inodes?: number | undefined;
  /** How it is laid out, where it differs from mke2fs -t ext4. */
  readonly format?: SetupFormat | undefined;
  /**
   * After every so many operations the harness looks at the whole tree, in the middle of the sequence; only at the end when
   * absent. It is part of the setup because looking reads files, and so changes what is in memory.
   */
  readonly inspectEvery?: number | undefined;
  /** The device writes zeros faster than bytes, which FALLOC_FL_WRITE_ZEROES needs. */
  readonly writesZeroes?: true | undefined;
  /**
   * The log goes on so many blocks before its end, as if somebody had mounted the image before, and then at its beginning; it begins there
   * when absent. Images of mke2fs are always new.
   */
  readonly logLeft?: number | undefined;
  /** What goes wrong with the device once it is mounted; nothing when absent. */
  readonly trouble?: DeviceTrouble | undefined;
  readonly mount: SetupMount;
}

/** What is wrong with a device: a transfer that any of it concerns fails with EIO, and moves nothing. */
export interface DeviceTrouble {
  /** Reads and writes [from, to) that fail, counted from 0; a flush is a write. */
  readonly reads?: NumberSpan | undefined;
  readonly writes?: NumberSpan | undefined;
  /** The device ends before this sector of 512 bytes, whatever it says of its size. */
  readonly endsAt?: number | undefined;
  /** How many operations there are once something has failed; all when absent. In the end somebody asks what was lost. */
  readonly operationsAfter?: number | undefined;
}

export interface NumberSpan {
  readonly from: number;
  readonly to: number;
}

export interface SetupMount {
  readonly delalloc: boolean;
  readonly dioreadNolock: boolean;
  readonly atime: 'relatime' | 'noatime';
  /** `data`, ordered when absent. */
  readonly data?: 'writeback' | 'journal' | undefined;
  /** `data_err`, ignore when absent: what a failed writeback does to the journal, which there must be. */
  readonly dataErr?: 'abort' | undefined;
  /** `dax=always`, on a device that can be mapped: blocks of 4096 bytes, contents neither in inodes nor in the journal. */
  readonly dax?: true | undefined;
}

/** Can files of such an image be mapped directly (dax)? */
export const canBeMapped = ({ blockSize, format }: Pick<Setup, 'blockSize' | 'format'>): boolean =>
  blockSize === 4096 && !hasFeature(format, 'inline_data');

/** The smallest device that holds a journal of 1024 blocks, the metadata, and something to work with. */
export const SMALLEST_BYTES: Readonly<Record<BlockSize, number>> = {
  1024: 2 << 20,
  2048: 4 << 20,
  4096: 8 << 20,
  8192: 16 << 20,
  16384: 32 << 20,
  32768: 64 << 20,
  65536: 128 << 20,
};

/** Enough for anything that is worth generating; a larger one would only be a way to run out of memory. */
export const LARGEST_BYTES = 2 ** 34;

const SIZE_UNIT_BYTES = 4096;
const INSPECT_EVERY_MAX = 1_000_000;
/** Every log is longer. */
const LOG_LEFT_MAX = 1000;
const INODES_MIN = 16;
const INODES_MAX = 1 << 20;

/** The usual file system: 16 MiB with blocks of 4096 bytes, as mke2fs makes it, mounted with the usual options. */
export const DEFAULT_SETUP: Setup = {
  blockSize: 4096,
  sizeBytes: 16 << 20,
  mount: { delalloc: true, dioreadNolock: true, atime: 'relatime' },
};

const TRANSFERS_MAX = 2 ** 40;
const number = z.int().min(0).max(TRANSFERS_MAX);
const span = z.strictObject({ from: number, to: number });

export const setupSchema = z
  .strictObject({
    blockSize: z.literal([...ALL_BLOCK_SIZES]),
    sizeBytes: z
      .int()
      .max(LARGEST_BYTES)
      .multipleOf(SIZE_UNIT_BYTES, { error: `expected a multiple of ${SIZE_UNIT_BYTES}` }),
    inodes: z.int().min(INODES_MIN).max(INODES_MAX).exactOptional(),
    format: formatSchema.exactOptional(),
    inspectEvery: z.int().min(1).max(INSPECT_EVERY_MAX).exactOptional(),
    writesZeroes: z.literal(true).exactOptional(),
    logLeft: z.int().min(1).max(LOG_LEFT_MAX).exactOptional(),
    trouble: z
      .strictObject({
        reads: span.exactOptional(),
        writes: span.exactOptional(),
        endsAt: z.int().min(0).max(TRANSFERS_MAX).exactOptional(),
        operationsAfter: z.int().min(0).max(TRANSFERS_MAX).exactOptional(),
      })
      .exactOptional(),
    mount: z.strictObject({
      delalloc: z.boolean(),
      dioreadNolock: z.boolean(),
      atime: z.literal(['relatime', 'noatime']),
      data: z.literal(['writeback', 'journal']).exactOptional(),
      dataErr: z.literal('abort').exactOptional(),
      dax: z.literal(true).exactOptional(),
    }),
  })
  .superRefine(({ mount: { dax, data }, ...image }, context) => {
    if (dax !== true || (data !== 'journal' && canBeMapped(image))) return;
    const message = 'expected blocks of 4096 bytes, no inline_data and no data=journal';
    context.addIssue({ code: 'custom', path: ['mount', 'dax'], message });
  })
  .superRefine(({ mount: { dataErr }, format }, context) => {
    if (dataErr === undefined || hasFeature(format, 'has_journal')) return;
    context.addIssue({ code: 'custom', path: ['mount', 'dataErr'], message: 'expected a journal' });
  })
  .superRefine(({ blockSize, sizeBytes }, context) => {
    const least = SMALLEST_BYTES[blockSize];
    if (sizeBytes >= least) return;
    context.addIssue({
      code: 'custom',
      path: ['sizeBytes'],
      message: `expected at least ${least} with blocks of ${blockSize} bytes`,
    });
  });

/** A setup that nothing can be made from. The message has one line for each thing wrong. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Checks a setup that came from outside. `where` says whence, for the message. */
export function readSetup(data: unknown, where: string): Setup {
  const result = setupSchema.safeParse(data);
  if (!result.success) throw new SetupError(`${where}: ${describeIssues(result.error, data)}`);
  return result.data;
}

/** mke2fs' default for a device of any size (mke2fs.conf). */
const USUAL_INODE_BYTES = 256;

/** The model of a file system that was just made from `setup`. */
export function modelOptions(setup: Setup): ModelOptions {
  const { format } = setup;
  const usual: ModelOptions = {
    ...ext4Options(setup.blockSize, { seconds: BASE_SECONDS, nanoseconds: 0 }),
    inodeBytes: format?.inodeSize ?? USUAL_INODE_BYTES,
    dirNlink: hasFeature(format, 'dir_nlink') && hasFeature(format, 'dir_index'),
    eaInode: hasFeature(format, 'ea_inode'),
    projects: hasFeature(format, 'project'),
    journal: hasFeature(format, 'has_journal'),
    extents: hasFeature(format, 'extent'),
    bigalloc: hasFeature(format, 'bigalloc'),
    clusterBytes: clusterSize(format, setup.blockSize),
    inlineData: hasFeature(format, 'inline_data'),
    journalsData: setup.mount.data === 'journal' && hasFeature(format, 'has_journal'),
    dax: setup.mount.dax === true,
    writeZeroes: setup.writesZeroes === true,
    delalloc: setup.mount.delalloc && setup.mount.data !== 'journal',
    atime: setup.mount.atime,
  };
  const counted = countedBlocks(setup);
  const maxReadBytes = Math.min(usual.maxReadBytes, counted * setup.blockSize);
  const maxIndirectBytes = Math.min(maxReadBytes, ext4MaxIndirectBytes(setup.blockSize, counted));
  return { ...usual, maxReadBytes, maxIndirectBytes };
}

/** i_blocks counts 2^32 - 1 sectors at most (ext4_max_size). */
const countedBlocks = ({ format, blockSize }: Setup): number =>
  hasFeature(format, 'huge_file') ? 2 ** 48 - 1 : Math.floor((2 ** 32 - 1) / (blockSize / 512));
