import { Failure } from '../lib/errno.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { Iomap, IomapOps, IomapType } from './iomap.ts';
import { iterate } from './iterate.ts';

/** Flags of struct fiemap_extent (include/uapi/linux/fiemap.h). */
export const FIEMAP_EXTENT_LAST = 0x1;
export const FIEMAP_EXTENT_UNKNOWN = 0x2;
/** Promised, with no place yet (fiemap.rst). */
export const FIEMAP_EXTENT_DELALLOC = 0x4;
export const FIEMAP_EXTENT_NOT_ALIGNED = 0x100;
/** In the inode (fiemap.rst). */
export const FIEMAP_EXTENT_DATA_INLINE = 0x200;
/** With a place, and zeros until written (fiemap.rst). */
export const FIEMAP_EXTENT_UNWRITTEN = 0x800;
export const FIEMAP_EXTENT_MERGED = 0x1000;

/** struct fiemap_extent, in bytes. */
export interface FiemapExtent {
  readonly logical: number;
  /** Byte on the device; 0 where there is none. */
  readonly physical: number;
  readonly length: number;
  readonly flags: number;
}

const FLAGS: Readonly<Record<Exclude<IomapType, 'hole'>, number>> = {
  mapped: 0,
  unwritten: FIEMAP_EXTENT_UNWRITTEN,
  delalloc: FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN,
  inline: FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_NOT_ALIGNED,
};

/** The first extents that are found, as many as the caller has room for (struct fiemap_extent_info). */
class Found {
  readonly extents: FiemapExtent[] = [];
  readonly #room: number;
  /** Found, and not told yet: it may be the last one. */
  #pending: FiemapExtent | null = null;

  constructor(room: number) {
    this.#room = room;
  }

  get full(): boolean {
    return this.extents.length >= this.#room;
  }

  add(extent: FiemapExtent): void {
    if (this.#pending !== null) this.extents.push(this.#pending);
    this.#pending = extent;
  }

  finish(): readonly FiemapExtent[] {
    const last = this.#pending;
    if (last !== null && !this.full) {
      this.extents.push({ ...last, flags: last.flags | FIEMAP_EXTENT_LAST });
    }
    return this.extents;
  }
}

/**
 * iomap_fiemap(): the extents that touch bytes [start, start + length), at most `room`; the last one of those has
 * FIEMAP_EXTENT_LAST, if there was room for it, whatever lies behind the range. A file system's ENOENT says that there are none.
 */
export function* fiemap<F>(
  file: F,
  start: number,
  length: number,
  room: number,
  ops: IomapOps<F>,
): Sleepable<readonly FiemapExtent[]> {
  const found = new Found(room);
  try {
    yield* iterate(file, start, length, ops, (iomap, _position, span) => {
      if (iomap.type !== 'hole') found.add(extentOf(iomap, iomap.type));
      return ready(found.full ? 0 : span);
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.errno !== 'ENOENT') throw error;
  }
  return found.finish();
}

/** iomap_to_fiemap(): the whole mapping, also where it reaches out of the range. */
const extentOf = (iomap: Iomap, type: Exclude<IomapType, 'hole'>): FiemapExtent => ({
  logical: iomap.offset,
  physical: Math.max(0, iomap.address),
  length: iomap.length,
  flags: FLAGS[type] | (iomap.merged ? FIEMAP_EXTENT_MERGED : 0),
});
