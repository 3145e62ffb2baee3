import { groupBaseBlocks, groupFirstBlock, type GroupLayout } from './group-layout.ts';

/** A run of blocks of fixed metadata. */
export interface Zone {
  readonly start: number;
  readonly length: number;
}

/** Fixed metadata, which no file may map and no free may reach (fs/ext4/block_validity.c): sorted, merged runs. */
export class SystemZones {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  constructor(zones: readonly Zone[]) {
    const sorted = zones.filter(({ length }) => length > 0).sort((left, right) => left.start - right.start);
    for (const { start, length } of sorted) {
      const last = this.#ends.length - 1;
      const lastEnd = this.#ends[last] ?? -1;
      if (start <= lastEnd) this.#ends[last] = Math.max(lastEnd, start + length);
      else {
        this.#starts.push(start);
        this.#ends.push(start + length);
      }
    }
  }

  /** Blocks of all runs together. */
  get total(): number {
    return this.#ends.reduce((sum, end, index) => sum + end - (this.#starts[index] ?? 0), 0);
  }

  /** Does any block of the range belong to fixed metadata? */
  overlaps(start: number, length: number): boolean {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    return (this.#starts[low] ?? Infinity) < start + length;
  }
}

/** What is fixed when a file system is made: where it lies and how much it takes. */
export interface FixedMetadata {
  readonly layout: GroupLayout;
  readonly zones: SystemZones;
  /** s_overhead, blocks: all that files can never have. */
  readonly overheadBlocks: number;
}

/** Superblocks and descriptors of every group. */
export function baseZones(layout: GroupLayout): Zone[] {
  const zones: Zone[] = [];
  for (let group = 0; group < layout.groups; group++) {
    zones.push({ start: groupFirstBlock(layout, group), length: groupBaseBlocks(layout, group) });
  }
  return zones;
}
