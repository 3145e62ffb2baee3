import type { AddressSpace } from '../../mm/address-space.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { inodeOf } from '../inode/inode.ts';
import { mapBlocks } from './map-blocks.ts';

/** ext4_bmap(): the device block of a block of the file, 0 for a hole. What is only promised is written first. */
export function* bmap(mapping: AddressSpace, block: number): Sleepable<number> {
  const inode = inodeOf(mapping);
  if (mapping.dirtyFolios > 0) yield* writeAndWait(mapping, 0, Infinity);
  const found = yield* mapBlocks(null, inode, block, 1, 'lookup');
  return found.type === 'written' || found.type === 'unwritten' ? found.physical : 0;
}
