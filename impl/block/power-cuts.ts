import { SECTOR_BYTES } from './bio.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { RecordedWrite } from './recording-disk.ts';

/** Sectors [from, to) of a write, counted from its first. */
export type SectorRange = readonly [from: number, to: number];

/** A write of which a power cut left nothing, or not all. */
export interface LostWrite {
  /** Its number in the recording, from 0. */
  readonly write: number;
  /** What did not arrive; everything when absent. */
  readonly torn?: readonly SectorRange[];
}

/** A moment at which the power went, and what had not reached the medium by then. Plain data. */
export interface PowerCut {
  /** So many writes had been submitted. */
  readonly point: number;
  /** The last of them had not ended, so that neither its flush nor its FUA says anything. */
  readonly underWay?: true;
  readonly lost: readonly LostWrite[];
}

/**
 * What a disk with a volatile cache may hold after a power cut: everything that a flush that ended, or FUA, covers, and of
 * the rest any subset of the sectors.
 */
export class PowerCuts {
  readonly writes: readonly RecordedWrite[];
  readonly #start: MemoryDisk;
  /** With the first `count` writes on it: cuts mostly come in order, and share what is durable. */
  #base: { readonly disk: MemoryDisk; count: number };

  /** `start` is the disk before the first of the writes. */
  constructor(start: MemoryDisk, writes: readonly RecordedWrite[]) {
    this.writes = writes;
    this.#start = start;
    this.#base = { disk: start.snapshot(), count: 0 };
  }

  /** So many of the writes before this point are durable whatever happens, FUA apart. */
  durableAt(point: number, underWay = false): number {
    for (let index = (underWay ? point - 1 : point) - 1; index > 0; index--)
      if (this.writes[index]?.preflush === true) return index;
    return 0;
  }

  /** The numbers of the writes that may be lost at this point, in order. */
  volatileAt(point: number, underWay = false): number[] {
    const found: number[] = [];
    for (let index = this.durableAt(point, underWay); index < point; index++) {
      const write = this.writes[index];
      if (write === undefined || write.data.length === 0) continue;
      if (!write.fua || (underWay && index === point - 1)) found.push(index);
    }
    return found;
  }

  /** The disk that a power cut leaves; what cannot have been lost is there whatever the cut says. */
  disk({ point, underWay, lost }: PowerCut): MemoryDisk {
    const durable = this.durableAt(point, underWay);
    const disk = this.#durableDisk(durable).snapshot();
    const missing = new Map(lost.map((one) => [one.write, one]));
    // Of a write that flushes first nothing arrives before everything before it has.
    const flushed =
      underWay === true && this.writes[point - 1]?.preflush === true && !isGone(missing.get(point - 1));
    const volatile = new Set(this.volatileAt(point, underWay));
    for (let index = durable; index < point; index++) {
      const write = this.writes[index];
      const safe = !volatile.has(index) || (flushed && index < point - 1);
      if (write !== undefined) apply(disk, write, safe ? undefined : missing.get(index));
    }
    return disk;
  }

  #durableDisk(count: number): MemoryDisk {
    if (count < this.#base.count) {
      this.#base.disk.release();
      this.#base = { disk: this.#start.snapshot(), count: 0 };
    }
    const base = this.#base;
    for (; base.count < count; base.count++) {
      const write = this.writes[base.count];
      if (write !== undefined) apply(base.disk, write, undefined);
    }
    return base.disk;
  }

  /** Nobody will ask for a disk any more. */
  release(): void {
    this.#base.disk.release();
  }
}

const isGone = (lost: LostWrite | undefined): boolean => lost !== undefined && lost.torn === undefined;

function apply(disk: MemoryDisk, { sector, data }: RecordedWrite, lost: LostWrite | undefined): void {
  if (isGone(lost)) return;
  let from = 0;
  const put = (to: number): void => {
    if (to > from)
      disk.write((sector + from) * SECTOR_BYTES, data.subarray(from * SECTOR_BYTES, to * SECTOR_BYTES));
  };
  for (const [start, end] of [...(lost?.torn ?? [])].sort(([left], [right]) => left - right)) {
    put(Math.min(start, data.length / SECTOR_BYTES));
    from = Math.max(from, end);
  }
  put(data.length / SECTOR_BYTES);
}
