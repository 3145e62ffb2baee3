import { present } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import type { BlockMap, FoundBlock } from '../mapping/block-map.ts';
import { NOWHERE, type StatusExtent } from '../mapping/extent-status.ts';
import { placeBlocks } from '../mapping/place-blocks.ts';
import { convertExtent } from './convert.ts';
import { extentCredits } from './credits.ts';
import { maxLength, type Extent } from './node.ts';
import { findPath, leafOf, nextKey, rootOf, type Path } from './path.ts';
import { removeRange } from './remove-range.ts';
import { TreeEdit } from './tree-edit.ts';

/** Files whose i_block is the root of an extent tree (ext4_ext_map_blocks, ext4_ext_truncate). */
export const extentMap: BlockMap = {
  check: (inode) => void rootOf(inode),
  *find(inode, logical) {
    return new BlockInTree(inode, yield* findPath(inode, logical), logical);
  },
  removeRange,
  credits: extentCredits,
  // A tree has hundreds of extents to a block: what is kept back is enough for those.
  promiseBlocks: 1,
  maxBytes: (sb) => sb.maxFileBytes,
};

class BlockInTree implements FoundBlock {
  readonly #inode: Inode;
  readonly #path: Path;
  readonly #logical: number;

  constructor(inode: Inode, path: Path, logical: number) {
    this.#inode = inode;
    this.#path = path;
    this.#logical = logical;
  }

  /** The extent of the leaf that holds the block, or null in a hole. */
  #extent(): Extent | null {
    const { node, slot } = leafOf(this.#path);
    if (slot < 0) return null;
    const extent = node.extent(slot);
    return this.#logical < extent.logical + extent.length ? extent : null;
  }

  learn(): void {
    const { logical, length, physical, state } = this.says();
    this.#inode.extentStatus.cache(logical, length, physical, state);
  }

  /** ext4_ext_determine_insert_hole for holes. */
  says(): StatusExtent {
    const extent = this.#extent();
    if (extent !== null) {
      const { logical, length, physical, unwritten } = extent;
      return { logical, length, physical, state: unwritten ? 'unwritten' : 'written' };
    }
    // Without an extent before it in the leaf, the hole begins the file: only the leftmost leaf has keys beyond the block.
    const { node, slot } = leafOf(this.#path);
    const before = slot < 0 ? null : node.extent(slot);
    const start = before === null ? 0 : before.logical + before.length;
    return { logical: start, length: nextKey(this.#path) - start, physical: NOWHERE, state: 'hole' };
  }

  /** In one extent of the tree at most. */
  *convert(handle: Handle, length: number): Sleepable<StatusExtent> {
    const logical = this.#logical;
    const extent = present(this.#extent(), 'mapped extent');
    const end = Math.min(logical + convertible(extent, length), extent.logical + extent.length);
    const edit = new TreeEdit(handle, this.#inode, true);
    try {
      yield* convertExtent(edit, this.#path, extent, logical, end);
    } finally {
      yield* edit.finish();
    }
    const physical = extent.physical + logical - extent.logical;
    return { logical, length: end - logical, physical, state: extent.unwritten ? 'written' : 'unwritten' };
  }

  allocate(handle: Handle, hole: StatusExtent, unwritten: boolean): Sleepable<StatusExtent> {
    const { logical, length, state } = hole;
    const unplaced = { logical, length, promised: state === 'delayed' };
    return placeBlocks(handle, this.#inode, this.#path, unplaced, unwritten);
  }
}

/** How many of `length` blocks one conversion takes: an unwritten extent has one block less than a written one may have. */
const convertible = ({ unwritten }: Extent, length: number): number =>
  unwritten || length <= maxLength(true) ? length : Math.floor(maxLength(true) / 2);
