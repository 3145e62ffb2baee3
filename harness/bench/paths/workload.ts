import type { MeasuredMount } from '../../targets/typescript/measured-mount.ts';
import type { Lap } from '../contest.ts';
import type { InProcessCalls } from '../file-calls.ts';
import type { Pieces } from '../pieces.ts';

/** What a round has. */
export interface PathRound {
  readonly fs: InProcessCalls;
  /** Bytes of the file, and of each call. */
  readonly fileBytes: number;
  readonly callBytes: number;
  /** What is written. */
  readonly source: Pieces;
  /** Where reads go. */
  readonly target: Pieces;
  /** The calls in an order that is none, the same every time. */
  readonly shuffled: readonly number[];
}

/** Something to be done to a file on both paths: a row of tables, or several with what comes after another. */
export interface PathWorkload {
  readonly name: string;
  /** Bytes of a call, one contest each. */
  readonly sizes: readonly number[];
  readonly mount: Omit<MeasuredMount, 'path' | 'sizeBytes'>;
  /** Leaves the file system without the file. */
  round(run: PathRound): Lap[];
}

export const FILE = '/file';

const KIB = 1024;

/** The sizes of the series' table. */
export const SERIES_SIZES: readonly number[] = [KIB, 4 * KIB, 64 * KIB, 1024 * KIB];

/** Sizes that direct I/O takes. */
export const PAGED_SIZES: readonly number[] = [4 * KIB, 64 * KIB, 1024 * KIB];

/** The blocks that the table is about. */
export const USUAL_MOUNT = { blockSize: 4096, delalloc: true } as const;
