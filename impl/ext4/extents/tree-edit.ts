import { present } from '../../lib/assert.ts';
import { SECTOR_BYTES } from '../../block/bio.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { ExtentNode } from './node.ts';
import type { Path } from './path.ts';
import { sealTreeBlock } from './seal.ts';

/**
 * What every change of an extent tree needs: the handle, the inode, and whether tree blocks may come from the space that is
 * kept back (EXT4_GET_BLOCKS_METADATA_NOFAIL). The caller holds dataLock for writing from before the first search to
 * after `finish`.
 */
export class TreeEdit {
  readonly handle: Handle;
  readonly inode: Inode;
  readonly useKeptBack: boolean;
  /** The root or i_blocks changed: `finish` writes the inode. */
  inodeChanged = false;

  constructor(handle: Handle, inode: Inode, useKeptBack: boolean) {
    this.handle = handle;
    this.inode = inode;
    this.useKeptBack = useKeptBack;
  }

  /** To be called before a node changes (ext4_ext_get_access). */
  *access(node: ExtentNode): Sleepable<void> {
    if (node.buffer !== null) yield* this.handle.getWriteAccess(node.buffer);
  }

  /** Access to the nodes of `path` from level `first` down to the leaf. */
  *accessFrom(path: Path, first: number): Sleepable<void> {
    for (let level = first; level < path.length; level++) {
      yield* this.access(present(path[level], 'level').node);
    }
  }

  /** To be called after a node changed (ext4_ext_dirty). */
  dirty(node: ExtentNode): void {
    this.#noteTransaction();
    if (node.buffer === null) this.inodeChanged = true;
    else this.handle.dirtyMetadata(node.buffer);
  }

  /** i_blocks follows: `blocks` more (or, negative, fewer) belong to the inode. */
  account(blocks: number): void {
    this.inode.sectors += (blocks * this.inode.sb.geometry.blockSize) / SECTOR_BYTES;
    this.inodeChanged = true;
  }

  /** A fresh, empty tree block near `goal`, with create access; nothing points to it yet. Fails with ENOSPC. */
  *newNode(depth: number, goal: number): Sleepable<ExtentNode> {
    const { handle, inode, useKeptBack } = this;
    const { sb } = inode;
    const request = { goal, length: 1, useKeptBack, metadata: true, place: null };
    const { start } = yield* sb.blockAllocator.allocate(handle, inode, request);
    this.account(sb.geometry.clusterRatio);
    const buffer = sb.cache.getblk(start);
    try {
      yield* handle.getCreateAccess(buffer);
    } catch (error) {
      yield* this.#release(start);
      throw error;
    }
    buffer.data.fill(0);
    buffer.uptodate = true;
    buffer.verified = true;
    // Whatever the block was before, it is a tree block now.
    buffer.cached = null;
    sealTreeBlock(inode, buffer);
    const node = ExtentNode.of(buffer);
    node.format(depth);
    return node;
  }

  /** Gives back tree blocks that nothing points to any more, or yet. */
  *freeNodes(nodes: readonly ExtentNode[]): Sleepable<void> {
    for (const node of nodes) yield* this.#release(present(node.buffer, 'tree block').block);
  }

  *#release(block: number): Sleepable<void> {
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

  /** Writes the inode if it changed. Runs whether or not the change succeeded: a half-made one leaves a sound tree. */
  *finish(): Sleepable<void> {
    if (!this.inodeChanged) return;
    this.inodeChanged = false;
    yield* markInodeDirty(this.handle, this.inode);
  }
}
