import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { extentMap } from '../extents/extent-map.ts';
import { indirectMap } from '../indirect/indirect-map.ts';
import { EXT4_EXTENTS_FL, type Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';
import type { StatusExtent } from './extent-status.ts';

/** A logical block as a file's map shows it. It is right as long as dataLock, under which it was found, is held. */
export interface FoundBlock {
  /** What the map says of the block and of its neighbours: `hole` where it says nothing. */
  says(): StatusExtent;
  /** Tells the extent status that. */
  learn(): void;
  /**
   * Allocates for the start of `hole`, which begins at the block and is delayed or not, and puts it into the map.
   * `unwritten` where the map knows such blocks. Fails with ENOSPC before anything has changed.
   */
  allocate(handle: Handle, hole: StatusExtent, unwritten: boolean): Sleepable<StatusExtent>;
  /**
   * The block, and up to `length` in one piece with it, are unwritten and become written; or they are written and become
   * unwritten, where the map knows such blocks.
   */
  convert(handle: Handle, length: number): Sleepable<StatusExtent>;
}

/** One of the two ways in which i_block says where the blocks of a file are. */
export interface BlockMap {
  /** Looks at i_block as it came from the disk, when its inode enters memory. Throws Corruption. */
  check(inode: Inode): void;
  /** Looks a block up. The caller holds dataLock. Throws Corruption. */
  find(inode: Inode, logical: number): Sleepable<FoundBlock>;
  /**
   * Frees what is mapped in `from` .. `to - 1`, from the end backwards, so that what a crash leaves is a shorter file. Each
   * step is sound on its own: when the handle's credits run out it is restarted, and dataLock, which the caller holds for
   * writing, is let go meanwhile.
   */
  removeRange(handle: Handle, inode: Inode, from: number, to: number): Sleepable<void>;
  /** Credits of one `allocate` or `convert` of up to `length` blocks, or of one step of `removeRange`. */
  credits(inode: Inode, length: number): number;
  /** Blocks to promise for each that is delayed, so that what maps it finds a place, too. */
  readonly promiseBlocks: number;
  /** Bytes: the largest size of such a file. */
  maxBytes(sb: SuperBlock): number;
}

/** The only place that knows both (the branches on EXT4_INODE_EXTENTS in ext4_map_blocks and ext4_truncate). */
export const blockMapOf = ({ flags }: Inode): BlockMap =>
  (flags & EXT4_EXTENTS_FL) !== 0 ? extentMap : indirectMap;

/**
 * Bytes: the largest size that the file may get as it is. Contents in the inode leave no room for extents, so that such a file
 * has the limit of one with indirect blocks, until it outgrows the inode (ext4_get_maxbytes).
 */
export const maxBytesOf = (inode: Inode): number => blockMapOf(inode).maxBytes(inode.sb);

/**
 * Credits of one call of mapBlocks for up to `length` blocks, what maps them, the bitmaps and the inode included
 * (ext4_chunk_trans_blocks). A call changes one run; a loop of calls needs this each time.
 */
export const mapCredits = (inode: Inode, length: number): number => blockMapOf(inode).credits(inode, length);
