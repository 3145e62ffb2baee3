import type { OrderedInode } from '../../jbd2/ordered-inode.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { writeMapped } from './writepages.ts';

const known = new WeakMap<Inode, OrderedInode>();

/**
 * data=ordered: what the journal must write before it commits a transaction that gave this inode blocks, so that nobody
 * ever reads what those blocks held before (ext4_jbd2_inode_add_write).
 */
export function orderedData(inode: Inode): OrderedInode {
  let ordered = known.get(inode);
  if (ordered === undefined) {
    ordered = { writeOrdered: () => writeAndCheck(inode) };
    known.set(inode, ordered);
  }
  return ordered;
}

/** Fails with the error of a write that was lost. */
function* writeAndCheck(inode: Inode): Sleepable<void> {
  const seen = inode.mapping.errorSequence;
  yield* writeMapped(inode);
  inode.mapping.checkError(seen);
}
