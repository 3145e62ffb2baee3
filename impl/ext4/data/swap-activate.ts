import { swapfilePages } from '../../iomap/swapfile.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import type { SwapExtent } from '../../mm/address-space-operations.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { inodeOf } from '../inode/inode.ts';
import { fsyncInode } from './fsync.ts';
import { reportOps } from './report-ops.ts';

/** ext4_iomap_swap_activate(), the same on every path: what is dirty or only promised gets to its place first. */
export function* swapActivate(mapping: AddressSpace, pagesMax: number): Sleepable<readonly SwapExtent[]> {
  const inode = inodeOf(mapping);
  const watcher = { errorsSeen: mapping.sampleErrors() };
  yield* fsyncInode(inode, { start: 0, end: Infinity, dataOnly: true }, watcher);
  return yield* swapfilePages(inode, inode.size, pagesMax, reportOps);
}
