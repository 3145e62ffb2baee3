import type { Handle } from '../../jbd2/handle.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { orderTail } from './ordered-data.ts';

/**
 * What a file's last block holds behind a new end was made zero in memory. It must be so on the disk, too, before a transaction
 * is that moves the end: else what was there before comes back when the file has grown and the power goes.
 */
export interface TailOrder {
  /** Before the handle that moves the end is started: byte `position` is the first that was zeroed. */
  settle(inode: Inode, position: number): Sleepable<void>;
  /** In that handle. */
  order(handle: Handle, inode: Inode, position: number): void;
}

/** The commit writes it first, with data=ordered (ext4_block_truncate_page calls ext4_jbd2_inode_add_write). */
export const commitWritesTail: TailOrder = {
  settle: () => READY,
  order(handle, inode, position) {
    if (inode.sb.options.data === 'ordered') orderTail(handle, inode, position);
  },
};

/** Nothing is ordered on the iomap path: it is written, and waited for, at once. */
export const tailIsWritten: TailOrder = {
  *settle(inode, position) {
    const logical = Math.floor(position / inode.blockSize);
    const { type } = yield* mapBlocks(null, inode, logical, 1, 'lookup');
    // What has no block, or an unwritten one, shows zeros after a power cut.
    if (type === 'written') yield* writeAndWait(inode.mapping, position, position + 1);
  },
  order: () => undefined,
};

/** It is in a transaction that is committed no later, or on the device already. */
export const tailIsSafe: TailOrder = {
  settle: () => READY,
  order: () => undefined,
};
