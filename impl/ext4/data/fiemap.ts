import { fiemap as fiemapOf, type FiemapExtent } from '../../iomap/fiemap.ts';
import { fail } from '../../lib/errno.ts';
import { writeAndCheck } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { reportOps, xattrReportOps } from './report-ops.ts';

export type { FiemapExtent };

/** What FS_IOC_FIEMAP is asked for beside the range. */
export interface FiemapFlags {
  /** FIEMAP_FLAG_SYNC: what is dirty is written first. */
  readonly sync?: boolean;
  /** FIEMAP_FLAG_XATTR: where the extended attributes are. */
  readonly xattr?: boolean;
  /** fm_extent_count: for how many extents the caller has room. */
  readonly room?: number;
}

/** FIEMAP_MAX_EXTENTS: as many as an array of struct fiemap_extent behind a struct fiemap can have. */
const EXTENTS_MAX = Math.floor((2 ** 32 - 1 - 32) / 56);

/**
 * ext4_fiemap(): the extents that touch bytes [offset, offset + length), also those beyond the end of the file. Fails with EINVAL,
 * EFBIG, or the error of a write that was lost.
 */
export function* fiemap(
  inode: Inode,
  offset: number,
  length: number,
  { sync = false, xattr = false, room = EXTENTS_MAX }: FiemapFlags,
): Sleepable<readonly FiemapExtent[]> {
  if (room > EXTENTS_MAX) fail('EINVAL');
  const { maxFileBytes } = inode.sb;
  yield* inode.lock.read();
  try {
    const inFile = clamp(offset, length, maxBytesOf(inode), offset > maxBytesOf(inode));
    const span = clamp(offset, inFile, maxFileBytes, offset >= maxFileBytes);
    if (sync) yield* writeAndCheck(inode.mapping, 0, Infinity);
    return yield* fiemapOf(inode, offset, span, room, xattr ? xattrReportOps : reportOps);
  } finally {
    inode.lock.unlockRead();
  }
}

/** ext4_fiemap_check_ranges() and then fiemap_prep(): what is left of the length. Fails with EINVAL, EFBIG. */
function clamp(offset: number, length: number, limit: number, beyond: boolean): number {
  if (length === 0) fail('EINVAL');
  if (beyond) fail('EFBIG');
  return Math.min(length, limit - offset);
}
