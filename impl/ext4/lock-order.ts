import type { LockClass } from '../sched/task.ts';

/** i_rwsem of directories and files: parents before children, so several may be held. */
export const I_RWSEM: LockClass = { name: 'i_rwsem', rank: 10, nests: true };

/** mapping->invalidate_lock: page cache against truncation. */
export const INVALIDATE_LOCK: LockClass = { name: 'invalidate_lock', rank: 20, nests: false };

/**
 * A folio's lock on the iomap path: handles are started with folios locked (in writeback), by whoever holds no handle.
 * jbd2_handle itself is in jbd2/lock-classes.ts, between this and the next.
 */
export const FOLIO_LOCK_BEFORE_HANDLE: LockClass = { name: 'folio lock', rank: 25, nests: true };

/** A folio's lock on the buffer_head path: taken with a running handle. Of several, the one with the lowest index first. */
export const FOLIO_LOCK_AFTER_HANDLE: LockClass = { name: 'folio lock', rank: 40, nests: true };

/** xattr_sem: an inode's extended attributes. Taken with a running handle. */
export const XATTR_SEM: LockClass = { name: 'xattr_sem', rank: 50, nests: false };

/**
 * i_data_sem: the extent tree and i_disksize. Innermost; taken with a running handle and with folio locks held. Of two, when extents
 * move from one file to another, the one with the lower inode number first.
 */
export const I_DATA_SEM: LockClass = { name: 'i_data_sem', rank: 60, nests: true };
