import type { LockClass } from '../sched/task.ts';

/** i_rwsem of directories and files: parents before children, so several may be held. */
export const I_RWSEM: LockClass = { name: 'i_rwsem', rank: 10, nests: true };

/** mapping->invalidate_lock: page cache against truncation. */
export const INVALIDATE_LOCK: LockClass = { name: 'invalidate_lock', rank: 20, nests: false };

/** xattr_sem: an inode's extended attributes. Taken with a running handle. */
export const XATTR_SEM: LockClass = { name: 'xattr_sem', rank: 50, nests: false };

/** i_data_sem: the extent tree and i_disksize. Innermost; taken with a running handle and with folio locks held. */
export const I_DATA_SEM: LockClass = { name: 'i_data_sem', rank: 60, nests: false };
