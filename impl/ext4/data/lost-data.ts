import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { damageFails } from '../super/damage.ts';

/**
 * Is the journal aborted when bytes of a file could not be written (`data_err=abort`)? Since Linux 6.15 that is so for buffered
 * writes in every data mode, whether they were ordered or not, when the write ends and not when a transaction commits
 * (ext4_end_io_end, ext4_io_end_defer_completion; ext4_iomap_finish_ioend of the series).
 */
export const lossAborts = ({ sb: { options, health, journal } }: Inode): boolean =>
  options.dataErr === 'abort' && !health.emergency && !journal.aborted;

/** What was written and cannot become part of the file is lost as well: whoever syncs it is told (mapping_set_error). */
export function* tellingOfLoss(inode: Inode, convert: () => Sleepable<void>): Sleepable<void> {
  try {
    yield* damageFails(inode.sb, convert);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    inode.mapping.setError(error.errno);
  }
}
