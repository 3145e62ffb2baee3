/**
 * Bugs planted on purpose, to prove that the harness finds such bugs. Each stands in the code at one place, where the
 * mistake would be, behind its name; all are off unless a test names one. The sentence says what goes wrong.
 */
export const FAULTS = {
  'rename-forgets-ctime':
    'rename(2) does not set the change time of the inode it moves: only the model can tell',
  'mkdir-forgets-used-dirs':
    'mkdir(2) does not count the directory in its group descriptor: only e2fsck can tell',
  'bh-skips-partial-block':
    'writeback on the buffer_head path takes the last block of a file, when it is not full, for one beyond the end: its bytes are lost',
  'iomap-forgets-disk-size':
    'the iomap path does not move i_disksize when a write ends in blocks that were written before: the file is short after a remount',
  'iomap-trusts-stale-mapping':
    'the iomap path does not ask, with the folio locked, whether its mapping is still true: only a race shows it',
  'truncate-skips-writeback-drain':
    'a truncation does not wait for the writeback of what it throws away before it frees the blocks: only a race shows it',
  'write-skips-inode-lock': 'write(2) does not take i_rwsem: only a race shows it',
  'dio-moves-size-early':
    'a direct write that makes the file longer moves i_size before its bytes are on the device: only a race shows it',
  'read-spins-on-locked-folio':
    'a read that finds a folio locked looks at it again and again, without sleeping: only a race shows it, and nobody else can run then',
  'truncate-leaks-reservation':
    'a truncation does not give back what was promised to the delayed blocks it drops: free space shrinks',
  'commit-skips-relogged':
    'a commit leaves out the blocks that the transaction before it logged too: recovery brings old versions back',
  'jbd2-skip-ordered-data':
    'a commit does not write the data of ordered inodes first: only a power cut without sync shows it',
  'jbd2-commit-without-flush':
    'the commit block is written without a flush before it: only a power cut that loses writes shows it',
  'jbd2-checkpoint-without-flush':
    'the log is reused before the home blocks are durable: only a power cut that loses writes shows it',
  'truncate-forgets-tail':
    'a truncation makes zeros of the rest of its last block in memory only: what was there comes back when the file has grown and the power goes (B04)',
  'iomap-disk-size-is-size':
    'when an I/O ends on the iomap path, i_disksize becomes i_size instead of the end of the I/O: only a power cut shows it (B05)',
  'punch-forgets-disk-size':
    'a hole does not bring i_disksize up before it drops the folios: only a power cut shows it (B09)',
  'fallocate-forgets-disk-size':
    'fallocate(2) beyond the end moves i_size and not i_disksize: only a power cut shows it (B10)',
  'sync-direct-write-forgets-size':
    'a direct write with O_SYNC or O_DSYNC returns before its size is in the journal: only a power cut shows it (B15)',
  'fast-commit-forgets-truncate':
    'a fast commit is not told which blocks a truncation freed: only a power cut shows it (B19)',
  'fast-commit-forgets-zeroed-range':
    'a fast commit is not told which blocks became unwritten: only a power cut shows it (B20)',
  'jbd2-skip-revoke': 'freed metadata blocks are not revoked: recovery may write old metadata over new data',
} as const;

export type Fault = keyof typeof FAULTS;

export type FaultSwitches = ReadonlySet<string>;

export const NO_FAULTS: FaultSwitches = new Set();
