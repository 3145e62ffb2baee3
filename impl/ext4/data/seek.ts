import { seekData, seekHole } from '../../iomap/seek.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { reportOps } from './report-ops.ts';

/** The next byte of data, or of a hole, from `offset` on (ext4_llseek). Fails with ENXIO. */
export function* seekContents(inode: Inode, offset: number, wanted: 'data' | 'hole'): Sleepable<number> {
  yield* inode.lock.read();
  try {
    const seek = wanted === 'data' ? seekData : seekHole;
    return yield* seek(inode, offset, reportOps);
  } finally {
    inode.lock.unlockRead();
  }
}
