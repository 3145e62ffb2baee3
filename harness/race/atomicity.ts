import type { Operation } from '../../model/index.ts';

/**
 * What ext4 promises about operations that run beside each other, and where the kernel says so. The search in explain.ts
 * demands exactly this much.
 *
 * 1. Writes, truncations and allocations on one inode exclude each other: ext4_buffered_write_iter and ext4_setattr take
 *    i_rwsem (inode_lock), ext4_fallocate too; so each is one step, and so is the choice of an appending write's offset
 *    (ext4_write_checks -> generic_write_checks, under i_rwsem). fs/ext4/file.c, fs/ext4/inode.c, fs/ext4/extents.c.
 * 2. A buffered read takes no i_rwsem (filemap_read, mm/filemap.c) and looks at i_size anew for each batch of folios. It sees
 *    another task's write folio by folio, and a write copies folio by folio in ascending order (iomap_write_iter,
 *    generic_perform_write); one folio's share may come in two pieces where a mapping ends inside it. Copying to the reader
 *    and from the writer exclude each other nowhere, so the kernel promises no more than single bytes. Here code between two
 *    places of preemption is atomic: whole blocks are demanded. What is read later in the file is not older.
 * 3. i_size moves folio by folio while a write extends a file (under the folio lock, i_size_write), so a read may end, and a
 *    stat may report a size, at any folio's end of a write in progress. With folios of many sizes: at any block's end.
 * 4. ext4_setattr zeroes the rest of the new last block before it moves i_size, then sets i_size, then drops the folios
 *    (truncate_pagecache): meanwhile a read finds the old size, with old bytes or zeros behind the new end.
 *    A read that has come to the end of a folio when the file is shorter than that already ends there: it is as long as no
 *    file ever was (filemap_read asks for i_size before each batch of folios).
 * 5. stat takes no lock (generic_fillattr reads field by field): each field is one that the inode had during the call.
 * 6. Names are changed and looked up under i_rwsem of their directory (fs/namei.c): each such call is one step.
 * 7. fsync, sync, writeback, reclaim and commits change nothing that can be seen.
 * 8. A store to a mapping takes no i_rwsem (do_page_mkwrite takes sb_start_pagefault and invalidate_lock, shared, then the
 *    folio lock); one within a block is a step, which may come between the blocks of a write. A read beside both sees each block
 *    at a moment of its own. The order of rule 2 says nothing then.
 */

/** How an operation takes part in an order of all operations. */
export type Atomicity =
  /** It happens at one moment. */
  | 'step'
  /** It looks, piece by piece, at whatever there is between its call and its return. */
  | 'looks'
  /** Nothing that it does can be seen by others. */
  | 'nothing';

/** Operations that only look, and not at one moment (rules 2 and 5). */
const LOOKS: ReadonlySet<string> = new Set(['pread', 'fstat']);

/** Rule 7. */
const NOTHING: ReadonlySet<string> = new Set([
  'fsync',
  'fdatasync',
  'sync',
  'syncfs',
  'drop-caches',
  'writeback',
  'reclaim',
  'readahead',
  'fadvise',
  'sync-file-range',
  'msync',
]);

export function atomicityOf({ op }: Operation): Atomicity {
  if (LOOKS.has(op)) return 'looks';
  return NOTHING.has(op) ? 'nothing' : 'step';
}

/** Whether such steps may lie between the parts of another step on the same file (rule 8). */
export const comesBetween = ({ op }: Operation): boolean => op === 'store';

/** What of a file can be seen while nothing changes it, or before and after a change. */
export interface FileView {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** Ranges of bytes of which the model leaves open what they are. */
  readonly open: readonly { readonly start: number; readonly end: number }[];
}

/** The contents that a read may find in one block while `operation` makes `after` of `before` (rules 2 and 4). */
export function viewsDuring(operation: Operation, before: FileView, after: FileView): FileView[] {
  const views = [before, after];
  if (operation.op === 'ftruncate' && after.size < before.size) {
    const bytes = before.bytes.slice();
    bytes.fill(0, after.size);
    views.push({ ...before, bytes });
  }
  return views;
}

/** Whether a file may have this size for others while it grows or shrinks (rule 3). `granule` is the smaller of block and page. */
export function sizeDuring(size: number, before: FileView, after: FileView, granule: number): boolean {
  if (size === before.size || size === after.size) return true;
  return size > before.size && size < after.size && size % granule === 0;
}
