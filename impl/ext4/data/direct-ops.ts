import type { DirectWriteOps } from '../../iomap/direct-io.ts';
import type { IomapOps } from '../../iomap/iomap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { EXT4_EXTENTS_FL, type Inode } from '../inode/inode.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { mapCredits } from '../mapping/block-map.ts';
import { convertWritten } from '../mapping/convert.ts';
import { mapBlocks, type BlockMapping, type MapMode } from '../mapping/map-blocks.ts';
import { blockCount, firstBlock, lookupOps, setIomap } from './iomap-ops.ts';

/** Blocks that one mapping of a direct write places at most (DIO_MAX_BLOCKS). */
export const PLACE_BLOCKS_MAX = 4096;

/** Inode, superblock and orphan block. */
const EXTEND_CREDITS = 6;

/** Reading looks, and changes nothing; so does a write of which every block has its place (ext4_iomap_overwrite_ops). */
export const directLookupOps: IomapOps<Inode> = lookupOps;

/** ext4_iomap_begin() for writing: what has no place gets one. */
export const directPlaceOps: IomapOps<Inode> = {
  *begin(inode, position, length, iomap) {
    const first = firstBlock(inode, position);
    const count = blockCount(inode, position, length);
    if (position + length <= inode.size) {
      const known = yield* mapBlocks(null, inode, first, count, 'lookup');
      if (known.type === 'written') {
        setIomap(inode, iomap, known);
        return;
      }
    }
    setIomap(inode, iomap, yield* placeBlocks(inode, first, Math.min(count, PLACE_BLOCKS_MAX)));
  },
};

/**
 * How blocks are placed that a crash must not show before they are written (ext4_iomap_alloc). Beyond the end of the file
 * nobody sees them. Within, they are unwritten until the device is done; a file with indirect blocks has no such blocks,
 * and leaves its holes to a buffered write.
 */
function modeFor(inode: Inode, first: number): MapMode {
  if (first * inode.blockSize >= inode.size) return 'create';
  return (inode.flags & EXT4_EXTENTS_FL) !== 0 ? 'create-unwritten' : 'lookup';
}

const placeBlocks = (inode: Inode, first: number, count: number): Sleepable<BlockMapping> =>
  retryAfterCommit(inode.sb, () => tryToPlace(inode, first, count));

function* tryToPlace(inode: Inode, first: number, count: number): Sleepable<BlockMapping> {
  const handle = yield* inode.sb.journal.start(mapCredits(inode, count));
  try {
    return yield* mapBlocks(handle, inode, first, count, modeFor(inode, first));
  } finally {
    yield* handle.stop();
  }
}

/** ext4_dio_write_end_io() */
export const directWriteOps: DirectWriteOps<Inode> = {
  *ended(inode, position, size, unwritten) {
    const end = position + size;
    if (unwritten) yield* convertWritten(inode, position, end);
    if (end > inode.diskSize || end > inode.size) yield* extend(inode, end);
  },
};

/** ext4_handle_inode_extension(): the file covers what was written, and recovery has nothing to cut off any more. */
function* extend(inode: Inode, end: number): Sleepable<void> {
  const { sb } = inode;
  const handle = yield* sb.journal.start(EXTEND_CREDITS);
  try {
    yield* inode.dataLock.write();
    inode.size = Math.max(inode.size, end);
    inode.diskSize = Math.max(inode.diskSize, end);
    inode.dataLock.unlockWrite();
    yield* markInodeDirty(handle, inode);
    if (inode.links > 0) yield* sb.orphans.remove(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

/** Recovery cuts the file back to i_disksize, whatever was placed beyond it, until `extend` has run. */
export function* becomeOrphan(inode: Inode): Sleepable<void> {
  const handle = yield* inode.sb.journal.start(EXTEND_CREDITS);
  try {
    yield* inode.sb.orphans.add(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

/** The same the other way, where `extend` found nothing to do because writeback had moved i_disksize meanwhile. */
export function* stopBeingOrphan(inode: Inode): Sleepable<void> {
  if (inode.orphan === null || inode.links === 0) return;
  const handle = yield* inode.sb.journal.start(EXTEND_CREDITS);
  try {
    yield* inode.sb.orphans.remove(handle, inode);
  } finally {
    yield* handle.stop();
  }
}
