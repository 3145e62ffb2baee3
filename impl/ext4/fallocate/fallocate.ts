import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { touchModified, type Writer } from '../data/write-checks.ts';
import { convertFile } from '../inline/inline-file.ts';
import type { Inode } from '../inode/inode.ts';
import { allocateRange, type ByteRange } from './allocate.ts';
import { punchHole } from './punch-hole.ts';
import { collapseRange, insertRange } from './shift-range.ts';
import { writeZeroes } from './write-zeroes.ts';
import { makeUnwritten, zeroRange } from './zero-range.ts';

/** What fallocate(2) is asked for, by its combinations of FALLOC_FL_*. */
export type FallocateMode =
  'allocate' | 'keep-size' | 'punch' | 'zero' | 'zero-keep-size' | 'collapse' | 'insert' | 'write-zeroes';

/** Modes that take blocks away from above which the page cache must be empty; the others only add places. */
type ChangingMode = Exclude<FallocateMode, 'allocate' | 'keep-size'>;

const CHANGES: Readonly<Record<ChangingMode, (inode: Inode, range: ByteRange) => Sleepable<void>>> = {
  punch: punchHole,
  collapse: collapseRange,
  insert: insertRange,
  zero: (inode, range) => zeroRange(inode, range, false, makeUnwritten),
  'zero-keep-size': (inode, range) => zeroRange(inode, range, true, makeUnwritten),
  'write-zeroes': (inode, range) => zeroRange(inode, range, false, writeZeroes),
};

/**
 * ext4_fallocate() of a regular file. Takes i_rwsem. Times and set-user-ID bits are as after a write, whatever comes of the rest.
 * Fails with EOPNOTSUPP: `write-zeroes` needs a device that unmaps while it writes zeros, the others but `punch` need extents.
 */
export function* fallocateFile(
  inode: Inode,
  mode: FallocateMode,
  range: ByteRange,
  writer: Writer,
): Sleepable<void> {
  if (mode === 'write-zeroes' && inode.device.writesZeroes !== true) fail('EOPNOTSUPP');
  yield* inode.lock.write();
  try {
    yield* convertFile(inode);
    yield* touchModified(inode, writer);
    if (mode === 'allocate' || mode === 'keep-size')
      return yield* allocateRange(inode, range, mode === 'keep-size');
    const locks = !inode.mapping.faults.has('fallocate-skips-invalidate-lock');
    if (locks) yield* inode.invalidateLock.write();
    try {
      yield* CHANGES[mode](inode, range);
    } finally {
      if (locks) inode.invalidateLock.unlockWrite();
    }
  } finally {
    inode.lock.unlockWrite();
  }
}

/** O_SYNC and O_DSYNC: what was changed of the file's map and size is durable (ext4_fc_commit of its transaction). */
export function* commitChanges({ sb, syncTid }: Inode): Sleepable<void> {
  const { fastCommits, journal } = sb;
  if (journal.isCommitted(syncTid)) return;
  if (fastCommits !== null) yield* fastCommits.commit(syncTid);
  else yield* journal.waitForCommit(syncTid);
}
