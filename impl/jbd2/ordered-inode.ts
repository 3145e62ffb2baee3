import type { Sleepable } from '../sched/sleepable.ts';

/** An inode whose data must be on disk before the transaction that names its blocks (struct jbd2_inode). */
export interface OrderedInode {
  /** Writes out the data that is already mapped, allocates nothing, starts no handle, and waits (data=ordered). */
  writeOrdered(): Sleepable<void>;
  /** Whose data that is. */
  readonly owner: object;
  /** It is no more than the last block; a file may have several of them in one transaction. */
  readonly isTail?: true;
}
