import type { Sleepable } from '../sched/sleepable.ts';

/**
 * What lies under a range of a file: nothing, a promise of space, blocks that read as zeros until they are written, blocks
 * with data, or data that is part of the file's metadata (IOMAP_HOLE, IOMAP_DELALLOC, IOMAP_UNWRITTEN, IOMAP_MAPPED,
 * IOMAP_INLINE).
 */
export type IomapType = 'hole' | 'delalloc' | 'mapped' | 'unwritten' | 'inline';

/** Marks `address` of a mapping without a place on the device (IOMAP_NULL_ADDR). */
export const NULL_ADDRESS = -1;

/** One mapping of a file range (struct iomap). The file system fills it in `begin`. Positions and lengths in bytes. */
export class Iomap {
  type: IomapType = 'hole';
  /** Byte of the file where the mapping starts. */
  offset = 0;
  length = 0;
  /** Byte on the device; meaningful for `mapped`, `unwritten` and `inline` only. */
  address = NULL_ADDRESS;
  /** Blocks were allocated or promised by this very call (IOMAP_F_NEW): what they hold is not the file's. */
  isNew = false;
  /** Several mappings of the file system were put together: it has no extents of its own (IOMAP_F_MERGED). */
  merged = false;
  /** Set when the mapping turned out to be outdated under the folio lock (IOMAP_F_STALE): begin again. */
  stale = false;
  /** Compared by `isValid` under the folio lock; the file system's own number. */
  validityCookie = 0;

  get end(): number {
    return this.offset + this.length;
  }

  reset(): void {
    this.type = 'hole';
    this.offset = 0;
    this.length = 0;
    this.address = NULL_ADDRESS;
    this.isNew = false;
    this.merged = false;
    this.stale = false;
    this.validityCookie = 0;
  }
}

/**
 * Where do bytes live (struct iomap_ops)? `F` is the file system's own file object; the core hands it through and never
 * looks inside.
 */
export interface IomapOps<F> {
  /** Fills `iomap` with a mapping that covers `position`; it may be shorter or longer than `length`. */
  begin(file: F, position: number, length: number, iomap: Iomap): Sleepable<void>;
  /** Told how many bytes of [position, position + length) were really used, whatever happened. */
  end?(file: F, position: number, length: number, used: number, iomap: Iomap): Sleepable<void>;
}
