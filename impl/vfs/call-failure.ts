import type { SuperBlock } from '../ext4/super/super-block.ts';
import { Corruption } from '../lib/corruption.ts';
import { Failure } from '../lib/errno.ts';

/** What a call throws when it has thrown `error`: what is wrong on the disk is taken note of, and is EUCLEAN or EBADMSG. */
export function failureOfCall({ scheduler, health }: SuperBlock, error: unknown): unknown {
  if (!(error instanceof Corruption)) return error;
  scheduler.call('ext4_error', () => health.corrupted(error));
  return new Failure(error.errno);
}
