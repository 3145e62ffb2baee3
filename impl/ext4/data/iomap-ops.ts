import { fail } from '../../lib/errno.ts';
import { NULL_ADDRESS, type Iomap, type IomapOps, type IomapType } from '../../iomap/iomap.ts';
import { bufferedWrite, type BufferedWrite, type IomapWriteOps } from '../../iomap/buffered-write.ts';
import { releaseDelalloc } from '../../iomap/release-delalloc.ts';
import { truncateCache, truncateRange } from '../../mm/truncate.ts';
import { preemptible, READY, type Sleepable } from '../../sched/sleepable.ts';
import { recordDiskSize } from './disk-size.ts';
import { mapCredits } from '../mapping/block-map.ts';
import type { ExtentState } from '../mapping/extent-status.ts';
import type { Inode } from '../inode/inode.ts';
import { knownMapping, mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import {
  affordable,
  clustersKnown,
  learnClusters,
  punchDelayed,
  reserveDelayed,
  reserveIfFree,
} from '../mapping/reservation.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';

const TYPES: Readonly<Record<ExtentState, IomapType>> = {
  hole: 'hole',
  delayed: 'delalloc',
  written: 'mapped',
  unwritten: 'unwritten',
};

/** ext4_set_iomap(): a mapping in blocks becomes one in bytes, with the number that tells whether it is still true. */
export function setIomap(inode: Inode, iomap: Iomap, mapping: BlockMapping): void {
  const { blockSize } = inode;
  iomap.type = TYPES[mapping.type];
  iomap.offset = mapping.logical * blockSize;
  iomap.length = mapping.length * blockSize;
  const placed = mapping.type === 'written' || mapping.type === 'unwritten';
  iomap.address = placed ? mapping.physical * blockSize : NULL_ADDRESS;
  iomap.isNew = mapping.isNew;
  iomap.validityCookie = mapping.sequence;
}

/** The block that holds byte `position`. */
export const firstBlock = (inode: Inode, position: number): number => Math.floor(position / inode.blockSize);

/** How many blocks bytes [position, position + length) touch. */
export const blockCount = (inode: Inode, position: number, length: number): number =>
  Math.ceil((position + length) / inode.blockSize) - firstBlock(inode, position);

function beginLookup(inode: Inode, position: number, length: number, iomap: Iomap): Sleepable<void> {
  const first = firstBlock(inode, position);
  const count = blockCount(inode, position, length);
  if (first * inode.blockSize >= inode.size) {
    coverBeyondEnd(inode, position, length, iomap);
    return READY;
  }
  const known = knownMapping(inode, first, count);
  if (known === null) return lookUp(inode, first, count, iomap);
  setIomap(inode, iomap, known);
  return READY;
}

function* lookUp(inode: Inode, first: number, count: number, iomap: Iomap): Sleepable<void> {
  setIomap(inode, iomap, yield* mapBlocks(null, inode, first, count, 'lookup'));
}

/** A folio may reach beyond the end of the file, even beyond the last block that a file can have: nothing is there. */
function coverBeyondEnd(inode: Inode, position: number, length: number, iomap: Iomap): void {
  iomap.type = 'hole';
  iomap.offset = position;
  iomap.length = length;
  iomap.validityCookie = inode.extentStatus.sequence;
}

/** Reading and zeroing look, and change nothing (ext4_iomap_buffered_read_ops, ext4_iomap_buffered_zero_ops). */
export const lookupOps: IomapOps<Inode> = { begin: beginLookup };

/** Writing with delayed allocation promises space (ext4_iomap_buffered_da_write_ops). */
export const delallocWriteOps: IomapOps<Inode> = {
  begin(inode, position, length, iomap) {
    const first = firstBlock(inode, position);
    const count = blockCount(inode, position, length);
    const known = knownMapping(inode, first, count);
    if (known === null) return mapOrReserve(inode, first, count, iomap);
    setIomap(inode, iomap, known);
    if (known.type !== 'hole' || reserveAtOnce(inode, first, known.length, iomap)) return READY;
    return mapOrReserve(inode, first, count, iomap);
  },

  /** What was promised for bytes that were not written is given back (ext4_iomap_buffered_da_write_end). */
  *end(inode, position, length, used, iomap) {
    if (iomap.type === 'mapped' && inode.sb.options.faults.has('iomap-append-moves-disk-size'))
      yield* recordDiskSize(inode);
    if (iomap.type !== 'delalloc' || !iomap.isNew || used >= length) return;
    const { blockSize, mapping } = inode;
    if (mapping.faults.has('iomap-short-write-keeps-promise')) return;
    // Of a block that begins before what was asked for, nothing is used where nothing was copied (iomap_last_written_block).
    const from = used === 0 ? Math.floor(position / blockSize) : Math.ceil((position + used) / blockSize);
    const to = Math.ceil((position + length) / blockSize);
    if (from >= to) return;
    yield* inode.invalidateLock.write();
    try {
      if (mapping.faults.has('iomap-short-write-drops-cache'))
        yield* truncateRange(mapping, from * blockSize, to * blockSize);
      yield* releaseDelalloc(inode, from * blockSize, to * blockSize, (first, end) =>
        punchDelayed(inode, first / blockSize, (end - first) / blockSize),
      );
    } finally {
      inode.invalidateLock.unlockWrite();
    }
  },
};

/** Promises space for a hole, if nobody is in the way, nothing has to be looked up, and there is enough; else nothing has changed. */
function reserveAtOnce(inode: Inode, first: number, count: number, iomap: Iomap): boolean {
  if (preemptible() || !reserveIfFree(inode, first, count)) return false;
  promised(inode, count, iomap);
  return true;
}

/** The mapping of a hole is that of a promise now. */
function promised(inode: Inode, blocks: number, iomap: Iomap): void {
  iomap.type = 'delalloc';
  iomap.length = blocks * inode.blockSize;
  iomap.isNew = true;
  iomap.validityCookie = inode.extentStatus.sequence;
}

function* mapOrReserve(inode: Inode, first: number, count: number, iomap: Iomap): Sleepable<void> {
  for (;;) {
    const mapping = yield* mapBlocks(null, inode, first, count, 'lookup');
    setIomap(inode, iomap, mapping);
    if (mapping.type !== 'hole') return;
    const reserved = yield* reserveHole(inode, first, Math.min(mapping.length, count));
    if (reserved === 0) continue;
    promised(inode, reserved, iomap);
    return;
  }
}

/**
 * Promises space for the hole at block `first`; where not all of it can be had, for as much as there is, so that the write
 * comes out short instead of failing. Answers the blocks promised, 0 when the hole is gone. Fails with ENOSPC.
 */
function* reserveHole(inode: Inode, first: number, count: number): Sleepable<number> {
  if (!clustersKnown(inode, first, count)) yield* learnClusters(inode, first, count);
  yield* inode.dataLock.write();
  try {
    const trusts = inode.mapping.faults.has('delayed-trusts-first-look');
    if (!trusts && !inode.extentStatus.knownUnmapped(first, first + count)) return 0;
    if (!clustersKnown(inode, first, count)) return 0;
    if (inode.extentStatus.countDelayed(first, first + count) > 0) return 0;
    const blocks = affordable(inode, first, count);
    if (blocks <= 0) fail('ENOSPC');
    reserveDelayed(inode, first, blocks);
    return blocks;
  } finally {
    inode.dataLock.unlockWrite();
  }
}

/** Writing without delayed allocation places unwritten blocks at once (ext4_iomap_buffered_write_ops). */
export const allocatingWriteOps: IomapOps<Inode> = {
  *begin(inode, position, length, iomap) {
    const first = firstBlock(inode, position);
    const count = blockCount(inode, position, length);
    const mapping = yield* mapBlocks(null, inode, first, count, 'lookup');
    setIomap(inode, iomap, mapping);
    if (mapping.type !== 'hole') return;
    setIomap(inode, iomap, yield* placeUnwritten(inode, first, Math.min(mapping.length, count)));
  },
};

/** A write without delayed allocation takes back what it placed beyond the end of the file and did not fill. */
export function* allocatingWrite(inode: Inode, write: BufferedWrite): Sleepable<number> {
  let written = 0;
  try {
    written = yield* bufferedWrite(inode, write, allocatingWriteOps, writeOps);
    return written;
  } finally {
    if (written < write.length && write.position + write.length > inode.size) {
      yield* truncateCache(inode.mapping, inode.size);
      yield* truncateBlocks(inode);
    }
  }
}

/** A write of which no byte can be copied: the file may have grown, and there is no writeback to say so on the disk. */
export function* writeNothing(inode: Inode, write: BufferedWrite): Sleepable<number> {
  yield* inode.sb.options.delalloc
    ? bufferedWrite(inode, write, delallocWriteOps, writeOps)
    : allocatingWrite(inode, write);
  if (inode.size > inode.diskSize) yield* recordDiskSize(inode);
  return 0;
}

/** Allocates unwritten blocks for (part of) a range in a handle of its own. Fails with ENOSPC. */
export const placeUnwritten = (inode: Inode, first: number, count: number): Sleepable<BlockMapping> =>
  retryAfterCommit(inode.sb, () => tryToPlaceUnwritten(inode, first, count));

function* tryToPlaceUnwritten(inode: Inode, first: number, count: number): Sleepable<BlockMapping> {
  const handle = yield* inode.sb.journal.start(mapCredits(inode, count));
  try {
    return yield* mapBlocks(handle, inode, first, count, 'create-unwritten');
  } finally {
    yield* handle.stop();
  }
}

/** A mapping is outdated once the inode's extent status has changed (ext4_iomap_valid). */
export const writeOps: IomapWriteOps<Inode> = {
  isValid: (inode, iomap) =>
    iomap.validityCookie === inode.extentStatus.sequence ||
    inode.sb.options.faults.has('iomap-trusts-stale-mapping'),
};
