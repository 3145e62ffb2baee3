import { bmap as bmapOf } from '../../iomap/bmap.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { isInline } from '../inline/inline-data.ts';
import { inodeOf } from '../inode/inode.ts';
import { reportOps } from './report-ops.ts';

/** ext4_bmap(): the device block with the data of a block of the file, else 0. What is only promised is written first. */
export function* bmap(mapping: AddressSpace, block: number): Sleepable<number> {
  const inode = inodeOf(mapping);
  yield* inode.lock.read();
  try {
    return isInline(inode) ? 0 : yield* bmapOf(inode, block, reportOps);
  } finally {
    inode.lock.unlockRead();
  }
}
