import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { AllocationRequest, BlockRun } from '../allocation/block-allocator.ts';
import type { Inode } from '../inode/inode.ts';

/** A run as requested. Promised blocks are there even when nobody else could have them. */
export function* allocateData(handle: Handle, inode: Inode, request: AllocationRequest): Sleepable<BlockRun> {
  const { blockAllocator, freeSpace } = inode.sb;
  const { length, useKeptBack: promised } = request;
  if (!promised) return yield* blockAllocator.allocate(handle, inode, request);
  // The promise stands aside while the allocator claims the space itself; what was claimed of it is settled, with the
  // delayed range, when the extent status learns the new place.
  const kept = Math.ceil(length / inode.sb.geometry.clusterRatio);
  freeSpace.reserved -= kept;
  try {
    return yield* blockAllocator.allocate(handle, inode, request);
  } finally {
    freeSpace.reserved += kept;
  }
}
