import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_EA_INODE_FL, isRegular } from '../inode/inode.ts';
import { reserveAgain } from '../mapping/reservation.ts';
import { isMappedWithin } from './clusters.ts';
import type { TreeEdit } from './tree-edit.ts';

/**
 * Gives back the blocks from `physical` on that mapped `start` .. `stop - 1` until just now (ext4_remove_blocks). A cluster
 * that another block of the file is still mapped to stays; one that delayed blocks need again is promised to them.
 */
export function* freeMapped(edit: TreeEdit, start: number, stop: number, physical: number): Sleepable<void> {
  const { handle, inode } = edit;
  const { blockAllocator, cache, geometry } = inode.sb;
  const { clusterRatio } = geometry;
  // What went through the journal: blocks of directories, symlinks and values of attributes (get_default_free_blocks_flags).
  const logged = inode.dataPath.logsData || (inode.flags & EXT4_EA_INODE_FL) !== 0;
  const metadata = !isRegular(inode.mode) || logged;
  if (clusterRatio === 1) {
    edit.account(start - stop);
    yield* blockAllocator.free(handle, inode, physical, stop - start, { metadata });
    return;
  }
  if (metadata) {
    for (let index = 0; index < stop - start; index++) {
      yield* handle.revoke(physical + index, cache.find(physical + index));
    }
  }
  let first = start - (start % clusterRatio);
  let end = stop + ((clusterRatio - (stop % clusterRatio)) % clusterRatio);
  const base = physical - (start - first);
  const begin = first;
  const forgetsFirst = inode.mapping.faults.has('bigalloc-frees-shared-cluster');
  if (!forgetsFirst && (yield* isMappedWithin(inode, first, first + clusterRatio))) first += clusterRatio;
  if (end > first && (yield* isMappedWithin(inode, end - clusterRatio, end))) end -= clusterRatio;
  if (end <= first) return;
  edit.account(first - end);
  yield* blockAllocator.free(handle, inode, base + first - begin, end - first, { metadata: false });
  reserveAgain(inode, first / clusterRatio);
  reserveAgain(inode, end / clusterRatio - 1);
}
