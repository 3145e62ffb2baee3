import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from './super-block.ts';

/**
 * Runs what may meet damage where no system call waits for the answer, or not only for this one: writeback and its
 * workers. The damage is noted, and what goes on is an ordinary failure, EUCLEAN or EBADMSG, which a mapping can keep.
 * `body` is begun in here: where coroutines are ordinary functions, an argument would have run before.
 */
export function* damageFails<T>(sb: SuperBlock, body: () => Sleepable<T>): Sleepable<T> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof Corruption)) throw error;
    yield* sb.health.corrupted(error);
    return fail(error.errno);
  }
}
