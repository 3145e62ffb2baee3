import type { FlagName } from '../operation.ts';

/**
 * What ext4 promises of a power cut, and where that is said. The judge demands exactly this much.
 *
 * Acknowledged by a call that returned:
 *
 * 1. fsync(2) of a regular file: its data, and the transaction that last changed its inode (i_sync_tid, ext4_sync_file in fs/ext4/fsync.c).
 *    Transactions are committed in order, so that everything older is there, too: a newly made file has its name, because
 *    ext4_create makes inode and name in one handle (fs/ext4/namei.c), and a rename or link before it, as both set ctime.
 * 2. fdatasync(2), O_DSYNC, RWF_DSYNC, msync(MS_SYNC), writes to a file with the flag S (generic_write_sync): the same with i_datasync_tid, which moves when the inode is made
 *    (__ext4_new_inode), its size on the disk changes (ext4_do_update_inode) or blocks are mapped; names and times that changed since need
 *    not be there. O_SYNC and RWF_SYNC as fsync. These four cover the range that was written or mapped (generic_write_sync,
 *    msync(2) in mm/msync.c): a size that a write has moved is on the disk when its end is among those, and otherwise as far as something
 *    was written among those (nothing is sent of a hole; Linux 6.1 was asked).
 *    But with delayed allocation on the buffer_head path a write below an end that another one has moved, and that is not on the disk yet, leaves i_disksize as it is
 *    when its blocks have their places (ext4_da_write_end, mpage_map_and_submit_extent; reports/kernel-findings/synchronous-write-below-a-delayed-end.md): nothing is promised then.
 * 3. sync(2), syncfs(2) and umount(2): everything (ext4_sync_fs). Not on Linux where there is no journal: sync_filesystem (fs/sync.c) writes the metadata when
 *    ext4_sync_fs has flushed, and nothing flushes after it (reports/kernel-findings/sync-without-a-journal.md).
 *    fsync(2) and fdatasync(2) of a directory commit all that runs (ext4_fsync_journal calls ext4_force_commit for whatever is no regular file):
 *    names and attributes of everything, and no file's data.
 * 4. Without a journal fsync writes the inode and the directories that lead to it (ext4_fsync_nojournal), but nothing keeps older
 *    metadata from being newer on the disk: here a promise is held only where nothing has changed since rule 3, or nothing but one
 *    regular file that was then synced with fsync(2): its name, size and bytes are there when e2fsck has made the rest fit.
 *
 * Names and attributes:
 *
 * 5. They are those of some moment between the last acknowledged and the last call: handles belong to transactions, which are
 *    committed whole and in order (Documentation/filesystems/ext4/journal.rst). Each change of names is one handle, so rename and exchange
 *    are atomic. Other calls may be in several: of them an inode may have what was before or after; chattr(1) sets ctime before the flag j (ext4_ioctl_setflags).
 * 6. A fast commit holds all that is known to have changed (ext4_fc_perform_commit), so it is such a moment, too; but not the inodes of
 *    directories (ext4_fc_track_inode): their times are those of the replay.
 *
 * Sizes (i_disksize):
 *
 * 7. truncate, fallocate and O_TRUNC set it in their own transaction (ext4_setattr, ext4_alloc_file_blocks), also over bytes that are in memory
 *    only, a truncation also to the size that the file has already (ext4_ext_truncate, ext4_ind_truncate), and an allocation within the
 *    size to its end (51e3ae81ec58). Holes and zeroed ranges move it forward to their end, but not beyond the file's (ext4_update_disksize_before_punch; commit
 *    9d80eaa1a1d3 says why: what is dropped will not move it any more).
 * 8. A write moves it at once where blocks are found at once (ext4_write_end, ext4_journalled_write_end), else later: on the
 *    buffer_head path when blocks are allocated, up to the end of those (mpage_map_and_submit_extent), or in write_end where the block
 *    is there already (ext4_da_write_end); on the iomap path when the I/O has ended, to the end of the I/O (two-paths.md, section 3).
 *    So it is never more than the file had at that moment, and never less than what was acknowledged.
 *
 * Bytes:
 *
 * 9. A byte is as it was when it was last acknowledged, or at any moment since, by itself: data has no order, and sectors tear.
 *    What lost its block in a transaction that is recovered (truncate, whole blocks of a hole) is not older than that.
 * 10. On the buffer_head path a byte within a size that has grown since may be zero: i_disksize moves before the data is there
 *    (B13; two-paths.md, section 4). On the iomap path it may not, unless somebody had what lies behind it written first
 *    (sync_file_range, O_DSYNC, direct I/O), or set the size (rule 7). Who has pages written and waits for none passes over those that are on their
 *    way already, with what was written to them since (folio_prepare_writeback in mm/page-writeback.c with WB_SYNC_NONE).
 * 11. data=journal, and with nodelalloc files with the flag j (ext4_inode_journal_mode): a write's bytes are in the transaction of its handle (ext4_journalled_write_end): they are those of rule 5.
 *    Stores to mappings are logged by writeback, later. What is in memory only when the flag is set is written out before the flag is
 *    (ext4_change_inode_journal_flag), so that whoever finds the flag finds those bytes.
 * 12. data=writeback, on the buffer_head path, where blocks are not unwritten first: what was in a new block may be seen
 *    (Documentation/admin-guide/ext4.rst, "data=writeback"). Nowhere else. What a truncation zeroes in its last block is ordered with data=ordered only
 *    (ext4_block_truncate_page), so with data=writeback the file's own old bytes may come back there.
 * 13. What is zeroed behind the end of a file in its last block may be on the disk before the truncation is.
 * 14. auto_da_alloc (the same document): a file that was written and then takes the name of another, or was cut to nothing and
 *    written again, has its blocks allocated at the rename or close. With data=ordered and blocks that are written at once their data is there when the rename
 *    is: no zeros of rule 10. Not with bigalloc: what is written into a cluster that the file has already reserves nothing, and for a file
 *    that has reserved nothing the kernel does nothing then (ext4_alloc_da_blocks).
 *
 * Flags of chattr(1):
 *
 * 15. Where a journal is, names that change in a directory with the flag D or S are durable when the call returns, and so are extended attributes and flags of an
 *    inode with the flag S, and the flag j of any (ext4_handle_sync in fs/ext4/namei.c, ext4_xattr_set_handle, ext4_ioctl_setflags and
 *    ext4_change_inode_journal_flag; jbd2_journal_stop waits then): the commit has all that was recorded before, as in rule 3, and no file's data.
 */
export interface DurabilityMode {
  readonly path: 'buffer_head' | 'iomap';
  readonly data: 'ordered' | 'writeback' | 'journal';
  readonly journal: boolean;
  readonly delalloc: boolean;
  /** New blocks are unwritten until their data is there (dioread_nolock with delalloc and extents; always on the iomap path). */
  readonly unwrittenFirst: boolean;
  readonly blockBytes: number;
  readonly fastCommit: boolean;
  /** Blocks are allocated in clusters (rule 14). */
  readonly bigalloc?: boolean;
  /** Kernels before 6.18, where a hole or zeroed range without a whole block in it leaves i_disksize (rule 7). */
  readonly holesLeaveSize?: boolean;
  /** Where there is no journal nothing is flushed after the last writes of sync(2) and syncfs(2) (rule 3). */
  readonly syncFlushesTooSoon?: boolean;
}

/**
 * What is promised of a file with these flags: with j it is on the buffer_head path (two-paths.md, section 1), and rule 11 is for it where
 * there is no delayed allocation. Without a journal that flag is never set.
 */
export function modeOfFile(mode: DurabilityMode, flags: readonly FlagName[]): DurabilityMode {
  if (!flags.includes('journalData')) return mode;
  const onBuffers = { ...mode, path: 'buffer_head' } as const;
  return mode.delalloc ? onBuffers : { ...onBuffers, data: 'journal', unwrittenFirst: false };
}

/** Rule 8. */
export const movesSizeAtOnce = ({ path, data, delalloc }: DurabilityMode): boolean =>
  data === 'journal' || (path === 'buffer_head' && !delalloc);

/** Rule 2: whether a synchronous write brings i_disksize up to its own end where that is not the end of the file. */
export const reachesOwnEnd = ({ path, delalloc }: DurabilityMode): boolean => path === 'iomap' || !delalloc;

/** Rule 12. */
export const mayShowStale = ({ path, data, unwrittenFirst }: DurabilityMode): boolean =>
  path === 'buffer_head' && data === 'writeback' && !unwrittenFirst;

/** Whether what a truncation zeroed in the last block is on the disk when the truncation is (rule 12). */
export const ordersTail = ({ path, data }: DurabilityMode): boolean =>
  path === 'iomap' || data !== 'writeback';

/** Rule 14: whether all of a file has its blocks once it has taken another name. */
export const allocatesReplacement = ({ path, bigalloc }: DurabilityMode): boolean =>
  path === 'buffer_head' && bigalloc !== true;

/** Rule 14: whether its data is there, too. */
export const ordersReplacement = (mode: DurabilityMode): boolean =>
  allocatesReplacement(mode) && mode.data === 'ordered' && !mode.unwrittenFirst;
