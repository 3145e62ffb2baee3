import { Failure, fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { damageFails } from '../super/damage.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * Fills a folio for whoever waits for it (read_folio). The kernel's readers drop what went wrong: who waits finds a folio that is not
 * uptodate and answers EIO, whatever it was. Damage is noted all the same. Fails with EIO.
 */
export function* readFolioForReader<T>(sb: SuperBlock, body: () => Sleepable<T>): Sleepable<T> {
  try {
    return yield* damageFails(sb, body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return fail('EIO');
  }
}

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
