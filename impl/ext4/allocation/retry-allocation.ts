import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** ext4_should_retry_alloc() gives up after so many attempts. */
const RETRIES_MAX = 3;

/**
 * Runs `attempt`, which starts and stops its own handle, again when it failed with ENOSPC and there may be room now. The caller holds
 * no handle.
 */
export function* retryAfterCommit<T>(sb: SuperBlock, attempt: () => Sleepable<T>): Sleepable<T> {
  for (let tries = 0; ; tries++) {
    try {
      return yield* attempt();
    } catch (error) {
      const noSpace = error instanceof Failure && error.errno === 'ENOSPC';
      if (!noSpace || tries >= RETRIES_MAX || !(yield* mayHaveRoomNow(sb))) throw error;
    }
  }
}

/**
 * ext4_should_retry_alloc(): freed blocks that wait for a commit are there after one. Where none wait, a commit may have come just
 * before: that of the attempt itself, whose handle was synchronous, among them.
 */
function* mayHaveRoomNow({ journal, blockAllocator, freeSpace }: SuperBlock): Sleepable<boolean> {
  if (!journal.recovers) return false;
  if (!blockAllocator.hasPendingFrees) return freeSpace.has(1, false);
  yield* journal.forceCommit();
  return true;
}
