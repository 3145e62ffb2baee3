import type { Handle, ReservedHandle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { growDiskSize } from '../data/disk-size.ts';
import type { Inode } from '../inode/inode.ts';
import { mapCredits } from './block-map.ts';
import { mapBlocks } from './map-blocks.ts';

/** Blocks of a file: [first, end). */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/** Converts one extent's worth of unwritten blocks; answers the block to go on with. */
function* convertSome(handle: Handle, inode: Inode, block: number, end: number): Sleepable<number> {
  const mapping = yield* mapBlocks(handle, inode, block, end - block, 'convert');
  inode.dataSyncTid = inode.syncTid = handle.transaction.tid;
  return mapping.logical + mapping.length;
}

/**
 * What was written becomes readable (ext4_convert_unwritten_io_end_vec). The handle was reserved before the write began:
 * whoever waits for this writeback may hold up the running transaction, which an ordinary handle would wait for.
 */
export function* convertReserved(
  inode: Inode,
  reserved: ReservedHandle,
  ranges: readonly BlockRange[],
): Sleepable<void> {
  const handle = yield* inode.sb.journal.startReserved(reserved);
  try {
    for (const { first, end } of ranges) {
      for (let block = first; block < end;) block = yield* convertSome(handle, inode, block, end);
    }
  } finally {
    yield* handle.stop();
  }
}

/**
 * Bytes [start, end) are on the device: unwritten blocks among them become written, and then i_disksize may cover them
 * (ext4_iomap_finish_ioend of the series). A handle for each extent; nobody who holds one waits for this.
 */
export function* convertAndGrow(
  inode: Inode,
  start: number,
  end: number,
  unwritten: boolean,
): Sleepable<void> {
  const last = Math.ceil(end / inode.blockSize);
  let block = unwritten ? Math.floor(start / inode.blockSize) : last;
  do {
    const handle = yield* inode.sb.journal.start(mapCredits(inode, Math.max(1, last - block)));
    try {
      if (block < last) block = yield* convertSome(handle, inode, block, last);
      if (block >= last) yield* growDiskSize(handle, inode, endOfIo(inode, end));
    } finally {
      yield* handle.stop();
    }
  } while (block < last);
}

/** What has arrived; folios in front of it that are dirty still are no reason to go further. */
const endOfIo = (inode: Inode, end: number): number =>
  inode.sb.options.faults.has('iomap-disk-size-is-size') ? inode.size : end;

/** Unwritten blocks that bytes [start, end) touch become written (ext4_convert_unwritten_extents): a handle for each extent. */
export function* convertWritten(inode: Inode, start: number, end: number): Sleepable<void> {
  const last = Math.ceil(end / inode.blockSize);
  for (let block = Math.floor(start / inode.blockSize); block < last;) {
    const handle = yield* inode.sb.journal.start(mapCredits(inode, last - block));
    try {
      block = yield* convertSome(handle, inode, block, last);
    } finally {
      yield* handle.stop();
    }
  }
}
