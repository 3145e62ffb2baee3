import { Corruption, type Finding } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { SuperBlock } from './super-block.ts';

/** ext4_handle_error(): what was found is remembered, and with errors=remount-ro nothing is changed any more. */
export function noteDamage(sb: SuperBlock, finding: Finding): void {
  sb.damage = finding;
  if (sb.options.errors === 'remount-ro') sb.readOnly = true;
}

/**
 * Runs what may meet damage where no system call waits for the answer, or not only for this one: writeback and its
 * workers. The damage is noted, and what goes on is an ordinary failure, EUCLEAN, which a mapping can keep.
 */
export function* damageFails<T>(sb: SuperBlock, body: Sleepable<T>): Sleepable<T> {
  try {
    return yield* body;
  } catch (error) {
    if (!(error instanceof Corruption)) throw error;
    noteDamage(sb, error.finding);
    return fail('EUCLEAN');
  }
}
