import { assert } from '../../lib/assert.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import type { BlockMap, FoundBlock } from '../mapping/block-map.ts';
import { NOWHERE, type StatusExtent } from '../mapping/extent-status.ts';
import { findBranch, type Branch } from './branch.ts';
import { indirectCredits } from './credits.ts';
import { growBranch } from './grow-branch.ts';
import { rootNode } from './pointer-node.ts';
import { removeRange } from './remove-range.ts';

/** Files whose i_block holds pointers, as in ext2 and ext3 (fs/ext4/indirect.c). They have no unwritten blocks. */
export const indirectMap: BlockMap = {
  check: (inode) => void rootNode(inode),
  *find(inode, logical) {
    return new BlockOfBranch(inode, yield* findBranch(inode, logical));
  },
  removeRange,
  credits: indirectCredits,
  // The block itself, and at worst an indirect block of each depth for it alone.
  promiseBlocks: 4,
  maxBytes: (sb) => sb.maxIndirectBytes,
};

class BlockOfBranch implements FoundBlock {
  readonly #inode: Inode;
  readonly #branch: Branch;

  constructor(inode: Inode, branch: Branch) {
    this.#inode = inode;
    this.#branch = branch;
  }

  learn(): void {
    const { logical, length, physical, state } = this.says();
    this.#inode.extentStatus.cache(logical, length, physical, state);
  }

  says(): StatusExtent {
    const { block, logical, run } = this.#branch;
    const length = run.end - run.start;
    if (block === 0) return { logical: run.start, length, physical: NOWHERE, state: 'hole' };
    return { logical: run.start, length, physical: block - (logical - run.start), state: 'written' };
  }

  /** Whoever asks for unwritten blocks gets written ones, as from ext4_ind_map_blocks. */
  allocate(handle: Handle, hole: StatusExtent): Sleepable<StatusExtent> {
    return growBranch(handle, this.#inode, this.#branch, hole);
  }

  convert(): never {
    assert(false, `inode ${this.#inode.ino} has indirect blocks and an unwritten block`);
  }
}
