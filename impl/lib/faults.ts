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
  'ordered-tail-has-one-slot':
    'the commit remembers one last block of a file that was zeroed in part; that of a second truncation takes its place: only a power cut shows it (B17)',
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
  'full-commit-forgets-newer-changes':
    'a full commit forgets what the next transaction changed meanwhile, so that no fast commit tells of it: only a power cut shows it (B21)',
  'fsync-trusts-flush-under-way':
    'fsync does not flush by itself while the transaction is being committed, although the flush of the commit has begun before the data was there: only a power cut shows it (B67)',
  'directory-synced-like-a-file':
    'fsync of a directory waits for the transaction that changed its inode, not for all names: only a power cut shows it (T15)',
  'dirsync-forgotten':
    'names that change in a directory with the flag D are not committed at once: only a power cut shows it (T16)',
  'delayed-write-moves-disk-size':
    'a write on the buffer_head path moves i_disksize although its last block has no place yet: only a power cut shows it (B12)',
  'iomap-append-moves-disk-size':
    'a write on the iomap path into a block that has its place moves i_disksize at once: only a power cut shows it (B13)',
  'iomap-merges-unlike-ioends':
    'ended writes are merged although only one of them has blocks to convert: what the other one wrote stays unwritten (B16)',
  'jbd2-skip-revoke': 'freed metadata blocks are not revoked: recovery may write old metadata over new data',
  'growth-keeps-stored-tail': 'a file that grows keeps what a mapping stored behind its old end',
  'growth-keeps-page-writable':
    'a mapping may go on storing to the old last page of a file that grew, without a fault: its new blocks get no places',
  'truncate-writes-unzeroed-tail':
    'truncation writes the last block out before it zeroes what lies behind the new end: the disk keeps the old bytes',
  'truncate-compares-end-signed':
    'truncation to the end of everything takes that end for a negative number: a large folio that is cut keeps its rest',
  'truncate-up-keeps-times': 'ftruncate(2) that makes a file longer does not change its times',
  'iomap-zeroing-trusts-unwritten':
    'zeroing on the iomap path skips unwritten blocks, although something dirty lies above them in memory',
  'fallocate-keeps-stored-tail':
    'fallocate(2) that makes a file longer keeps what a mapping stored behind its old end',
  'fallocate-moves-size-first': 'fallocate(2) moves i_size before it knows whether there is space',
  'fallocate-skips-invalidate-lock':
    'punching, zeroing and shifting do not keep page faults out: only a race shows it',
  'zero-range-allocates-whole-blocks-only':
    'zero range does nothing about a block that it covers in part, not even to the size of the file',
  'punch-keeps-page-writable':
    'a mapping may go on storing to a page of which a hole took some blocks, without a fault: they get no places',
  'punch-zeroes-under-handle':
    'punching zeroes partial blocks while it holds a handle: on the iomap path against the order of locks',
  'shift-keeps-folio-across-start':
    'collapse and insert leave a large folio that reaches across their start in the cache',
  'shift-rounds-cache-up':
    'collapse and insert empty the cache from the next page on only, where a block is smaller than a page',
  'shift-forgets-before-locking':
    'collapse and insert forget what is known of the blocks before they keep others from learning it: only a race shows it',
  'insert-misses-first-extent': 'insert leaves an extent that begins exactly there where it is',
  'insert-passes-last-block': 'insert does not ask whether the last extent still fits into the largest file',
  'iomap-clears-dirty-outwards':
    'a block of which a hole took only a part is not dirty any more on the iomap path',
  'iomap-part-makes-block-uptodate':
    'a write to a part of a block makes all of it uptodate on the iomap path, without reading the rest',
  'iomap-short-write-keeps-promise':
    'a short write on the iomap path keeps the space promised to what it did not write',
  'iomap-short-write-drops-cache':
    'a short write on the iomap path throws away cached bytes that somebody else may have made dirty: only a race shows it',
  'bh-invalidates-from-folio-start':
    'a truncation in the middle of a folio of several blocks forgets those before it, too, on the buffer_head path',
  'bh-discard-keeps-delay': 'a buffer of which the block is gone still says that it waits for a place',
  'bh-discard-misses-last-block':
    'data that is given up keeps the promise of its last block: only a failing device shows it',
  'bh-short-copy-moves-size':
    'a write on the buffer_head path of which nothing could be copied moves i_size as if all had been',
  'bh-failed-write-keeps-blocks':
    'a failed write on the buffer_head path keeps the blocks that it got behind the end of the file',
  'bh-unwritten-is-not-new': 'a write to a part of an unwritten block reads what the disk holds there',
  'bh-converts-32-bit-positions':
    'the conversion after writeback computes positions in 32 bits: data beyond 4 GiB stays unwritten',
  'delayed-trusts-first-look':
    'the iomap path promises space for what was a hole when it looked first: only a race shows it',
  'failed-insert-counts-blocks':
    'blocks that were given back because the extent tree had no room for them stay counted in i_blocks',
  'failed-write-converts':
    'unwritten blocks become written although the device failed to write them: only a failing device shows it',
  'bigalloc-frees-shared-cluster':
    'a hole that begins inside a cluster frees it, although its first blocks are in use',
  'bigalloc-counts-from-range-start':
    'promises for a cluster in which a discarded range begins are not given back',
  'bigalloc-releases-promise-twice':
    'a place in a cluster that the file has already gives back a promise that was given back before',
  'failed-promise-keeps-clusters': 'clusters for which there was no space count as promised nevertheless',
  'indirect-reports-delayed-as-hole':
    'SEEK_DATA of a file with indirect blocks passes over what has no place yet',
  'indirect-punch-stops-at-hole':
    'punching a file with indirect blocks ends at the first hole that it meets, from behind',
  'seek-ignores-offset-in-folio':
    'SEEK_DATA and SEEK_HOLE that begin inside a folio look at it from its first block on',
  'journalled-short-write-logs-nothing':
    'a short write with data=journal does not log the zeros of its new blocks',
  'direct-write-keeps-read-cache':
    'a direct write leaves in the cache what was read there meanwhile: only a race shows it',
  'direct-write-leaves-end-of-block':
    'a direct write that ends inside a new block does not zero the rest of it',
  'direct-write-shares-unwritten-block':
    'direct writes to parts of one unwritten block may run at once: only a race shows it',
  'nowait-is-ignored': 'RWF_NOWAIT waits like everybody else',
  'lost-write-tells-nobody':
    'a write that was lost is forgotten, so that fsync(2) answers ok: only a failing device shows it',
  'opener-misses-lost-write':
    'who opens a file is not told of a lost write that nobody was told of: only a failing device shows it',
  'jbd2-skip-escape':
    'a logged block that begins like one of the journal is not marked as changed: recovery brings it back with zeros there',
  'iomap-failed-read-is-uptodate':
    'blocks that could not be read are taken for good ones: only a failing device shows it',
  'read-samples-size-once':
    'a read looks at the size before it waits for the page only: a race with a truncation shows it',
} as const;

/** The name of a planted bug. */
export type Fault = keyof typeof FAULTS;

/** Which bugs are switched on; asked where they would be. */
export interface FaultSwitches {
  has(fault: Fault): boolean;
}

/** Nothing is planted. */
export const NO_FAULTS: FaultSwitches = new Set();
