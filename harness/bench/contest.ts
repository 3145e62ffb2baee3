import type { Awaitable } from '../target.ts';
import type { Measurement } from '../bench-record.ts';

/** What one part of a round took. */
export interface Lap {
  /** What was done: a chart in the report. */
  readonly workload: string;
  /** Bytes, or operations, as the contest's unit counts. */
  readonly amount: number;
  readonly ms: number;
}

/** Somebody who does the work of a contest. */
export interface Contestant {
  /** As tables and charts call it. */
  readonly subject: string;
  /** The contestant that it is told a multiple of, where there is one. */
  readonly multipleOf?: string;
  /** Does the work once. What was made for it is gone afterwards; the same laps come every time, in the same order. */
  round(): Awaitable<readonly Lap[]>;
  close?(): Awaitable<void>;
}

/** Somebody who cannot take part here. */
export interface Absent {
  readonly subject: string;
  readonly reason: string;
}

/** The same work, done by several in turns, so that whatever else happens on the machine happens to all of them. */
export interface Contest {
  /** As `--only` finds it. */
  readonly name: string;
  /** Bytes of a call, where that is what contests of one kind differ in. */
  readonly sizeBytes: number | null;
  readonly unit: Measurement['unit'];
  /** Rounds of each contestant that are left out at least, where the time to warm up is too short for what a round does once. */
  readonly warmUpRounds?: number;
  /** Makes ready what contestants need. */
  enter(): Awaitable<readonly (Contestant | Absent)[]>;
}

/** How large the work is. */
export interface Scale {
  /** Of one file, bytes. */
  readonly fileBytes: number;
  /** Files of a directory, or of a tree. */
  readonly files: number;
  /** Sequences of a round. */
  readonly sequences: number;
  /** Where sequences come from. */
  readonly seed: number;
  /** Where folders, images and mounts may be made. */
  readonly workspace: string;
}

/** Contests that belong on one page. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  contests(scale: Scale): readonly Contest[];
}

/** What a lap comes to in a unit. */
export function valueOf({ amount, ms }: Lap, unit: Measurement['unit']): number {
  switch (unit) {
    case 'MiB/s':
      return (amount / (1 << 20) / ms) * 1000;
    case 'operations/s':
      return (amount / ms) * 1000;
    case 'us':
      return (ms * 1000) / amount;
    case 'ms':
      return ms / amount;
    case 'bytes':
      return amount;
  }
}
