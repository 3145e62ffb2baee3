import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { damageFails } from '../super/damage.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * Reading ahead tells nobody of failures: whoever needs a folio that could not be filled asks for it alone, and is told. Damage
 * is noted all the same.
 */
export function* readQuietly(sb: SuperBlock, body: () => Sleepable<unknown>): Sleepable<void> {
  try {
    yield* damageFails(sb, body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
