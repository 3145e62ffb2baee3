import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** ext4_should_retry_alloc() gives up after so many attempts. */
const RETRIES_MAX = 3;

/**
 * Runs `attempt`, which starts and stops its own handle, again when it failed with ENOSPC while freed blocks still wait
 * for a commit: the commit makes them available. The caller holds no handle.
 */
export function* retryAfterCommit<T>(sb: SuperBlock, attempt: () => Sleepable<T>): Sleepable<T> {
  for (let tries = 0; ; tries++) {
    try {
      return yield* attempt();
    } catch (error) {
      const noSpace = error instanceof Failure && error.errno === 'ENOSPC';
      if (!noSpace || tries >= RETRIES_MAX || !sb.blockAllocator.hasPendingFrees) throw error;
    }
    yield* sb.journal.forceCommit();
  }
}
