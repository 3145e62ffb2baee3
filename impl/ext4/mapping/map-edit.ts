import { SECTOR_BYTES } from '../../block/bio.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';

/**
 * What every change of a file's map needs: the handle, the inode, and whether blocks of the map may come from the space that
 * is kept back (EXT4_GET_BLOCKS_METADATA_NOFAIL). The caller holds dataLock for writing from before the first search to
 * after `finish`.
 */
export class MapEdit {
  readonly handle: Handle;
  readonly inode: Inode;
  readonly useKeptBack: boolean;
  /** i_block or i_blocks changed: `finish` writes the inode. */
  inodeChanged = false;

  constructor(handle: Handle, inode: Inode, useKeptBack: boolean) {
    this.handle = handle;
    this.inode = inode;
    this.useKeptBack = useKeptBack;
  }

  /** To be called after a block of the map changed; null is i_block (ext4_ext_dirty). */
  dirtied(buffer: BufferHead | null): void {
    this.#noteTransaction();
    if (buffer === null) this.inodeChanged = true;
    else this.handle.dirtyMetadata(buffer);
  }

  /** i_blocks follows: `blocks` more (or, negative, fewer) belong to the inode. */
  account(blocks: number): void {
    this.inode.sectors += (blocks * this.inode.sb.geometry.blockSize) / SECTOR_BYTES;
    this.inodeChanged = true;
  }

  /** A block for the map near `goal`; nothing points to it yet. Fails with ENOSPC. */
  *allocateBlock(goal: number): Sleepable<number> {
    const { handle, inode, useKeptBack } = this;
    const request = { goal, length: 1, useKeptBack, metadata: true, place: null };
    const { start } = yield* inode.sb.blockAllocator.allocate(handle, inode, request);
    this.account(inode.sb.geometry.clusterRatio);
    return start;
  }

  /** Fills a block of the map that was just allocated with zeros, with create access. */
  *emptyBlock(block: number): Sleepable<BufferHead> {
    const buffer = this.inode.sb.cache.getblk(block);
    yield* this.handle.getCreateAccess(buffer);
    buffer.data.fill(0);
    buffer.uptodate = true;
    buffer.verified = true;
    // Whatever the block was before, it belongs to the map now.
    buffer.cached = null;
    buffer.seal = null;
    return buffer;
  }

  /** Gives back a block of the map that nothing points to any more, or yet. */
  *releaseBlock(block: number): Sleepable<void> {
    const { handle, inode } = this;
    this.account(-inode.sb.geometry.clusterRatio);
    yield* inode.sb.blockAllocator.free(handle, inode, block, 1, { metadata: true });
  }

  /** fsync and fdatasync of the file wait for this transaction (ext4_update_inode_fsync_trans). */
  #noteTransaction(): void {
    const { tid } = this.handle.transaction;
    this.inode.syncTid = tid;
    this.inode.dataSyncTid = tid;
  }

  /** Writes the inode if it changed. Runs whether or not the change succeeded: a half-made one leaves a sound map. */
  *finish(): Sleepable<void> {
    if (!this.inodeChanged) return;
    this.inodeChanged = false;
    yield* markInodeDirty(this.handle, this.inode);
  }
}
