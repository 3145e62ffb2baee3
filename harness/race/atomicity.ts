import { PAGE_BYTES, type Handle, type Operation, type Stat } from '../../model/index.ts';
import { allOperations, type RaceProgram } from './program.ts';

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
 *    A copy that comes to the end of memory within a folio that is not uptodate counts as nothing and is tried again with less, but
 *    moves the size to where it began (ext4_da_write_end: copied = 0, and ext4_da_do_write_end moves i_size all the same;
 *    ext4_write_end and ext4_journalled_write_end: ext4_update_inode_size(pos + copied)).
 * 4. ext4_setattr zeroes the rest of the new last block before it moves i_size, then sets i_size, then drops the folios
 *    (truncate_pagecache): meanwhile a read finds the old size, with old bytes or zeros behind the new end.
 *    A read that has come to the end of a folio when the file is shorter than that already ends there: it is as long as no
 *    file ever was (filemap_read asks for i_size before each batch of folios).
 * 5. stat takes no lock (generic_fillattr reads field by field): each field is one that the inode had during the call.
 * 6. Names are changed and looked up under i_rwsem of their directory (fs/namei.c): each such call is one step.
 * 7. fsync, sync, writeback, reclaim, read-ahead, advice and commits change nothing that can be seen. What is told a name finds
 *    it at one moment.
 * 8. A store to a mapping takes no i_rwsem: one that faults takes sb_start_pagefault, then sets the times, then takes invalidate_lock,
 *    shared, and the folio lock (ext4_page_mkwrite, fs/ext4/inode.c), one to a page that is writable already takes nothing; one within a block is a step, which may come between the blocks of a write. A read beside both sees each block
 *    at a moment of its own. The order of rule 2 says nothing then. It sets the times when it faults (file_update_time in
 *    ext4_page_mkwrite), which others may see before the bytes are there, and be done before they are. The order of these locks is read
 *    from the source (ext4_page_mkwrite, and ext4_iomap_page_mkwrite of the series); what follows from it, a store between the blocks of
 *    a write and times before bytes, nobody has seen on a running kernel, where no test can stop a task there.
 * 9. A direct write takes i_rwsem exclusively where it grows the file or finds places for blocks, else shared
 *    (ext4_dio_write_checks, fs/ext4/file.c): beside everything but direct transfers it is one step. Two direct overwrites of the
 *    same bytes leave whatever the device does last, sector by sector; no race has them. A shared one sets the times (file_modified in
 *    ext4_dio_write_checks) before it takes anything out of the cache and writes; meanwhile others may write and be done.
 * 10. A direct write grows the file once, when all of it is on the device (ext4_handle_inode_extension, in ->end_io): nobody sees
 *    a size in between. Only then does the cache lose what it had of the range a second time (iomap_dio_complete calls ->end_io
 *    before kiocb_invalidate_post_direct_write; fs/iomap/direct-io.c). What a buffered read brought in meanwhile ended at the old
 *    size (neither filemap_read nor read-ahead goes beyond i_size): until then a read may find zeros between the old end and the
 *    end of its page, or of its block where that is larger. Behind that it finds what was written, for places were written to, and
 *    extents converted, before the size moved (ext4_dio_write_end_io). Once the write has returned it finds no such zeros.
 * 11. A direct read holds i_rwsem, shared (ext4_dio_read_iter), from before it writes the cache out to the end of its transfers:
 *    it is one step, also beside buffered writes. Only stores, and direct overwrites (both shared), may come between its blocks;
 *    where a store found a place for a block in a hole after the cache was written out, it is EIO (iomap_dio_iter, IOMAP_DELALLOC).
 * 12. A direct write beside stores to the same folio: who makes a folio dirty while the write runs keeps it, and writes it over
 *    what was written directly (dio_warn_stale_pagecache). Nothing is promised; no race has them.
 * 13. Where data goes through the journal, or contents lie in the inode, O_DIRECT means nothing (ext4_should_use_dio).
 * 14. What is stored behind the end of a file, in its last page, while somebody makes the file longer: writeback zeroes it before
 *    i_size moves, and pagecache_isize_extended (mm/truncate.c) after, where the folio is dirty, with the folio lock held, which a
 *    store to a page that is writable already does not take. So it may be seen for a moment, and what was stored a moment later may be lost; no race
 *    has such stores.
 * 15. ext4_insert_range moves i_size before it moves the extents, ext4_collapse_range after; both, and holes and zeros, with
 *    invalidate_lock held and the cache empty behind the place, so each block of a read is from before or after.
 * 16. Where the buffer_head path makes blocks that are written at once (nodelalloc or dioread_lock: ext4_should_dioread_nolock), a
 *    store that finds places for the holes of its page does so with no lock that a direct read asks for: what the device held
 *    there may be read until the page is written ("a small window of race (stale data read)", of a patch to ext4_page_mkwrite
 *    that Linux has not taken). Nothing is promised of such holes.
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
  'readahead',
  'fadvise',
  'sync-file-range',
  'msync',
]);

/** What of a file can be seen while nothing changes it, or before and after a change. */
export interface FileView {
  readonly bytes: Uint8Array;
  readonly size: number;
  /** Ranges of bytes of which the model leaves open what they are. */
  readonly open: readonly { readonly start: number; readonly end: number }[];
}

/** The rules for one program: what is promised depends on how its files were opened, and on who runs beside whom. */
export class RaceRules {
  /** Folios are no smaller than a page or a block, but a write's share of one may end with a block. In bytes. */
  readonly granule: number;
  readonly #folio: number;
  readonly #direct: ReadonlySet<Handle>;
  readonly #appending: ReadonlySet<Handle>;
  /** Something of the race may come between the blocks of a direct read (rule 11), and sets its times before its bytes (rules 8 and 9). */
  readonly #comesBetweenParts: boolean;
  readonly #stores: boolean;
  readonly #journalled: boolean;
  /** Blocks that a store finds places for show what the device held (rule 16). */
  readonly #placesShowOldBytes: boolean;
  /** Where mappings begin in their files. In bytes. */
  readonly #mappings: ReadonlyMap<string, number>;

  constructor(program: RaceProgram) {
    const { setup, tasks } = program;
    const { delalloc, dioreadNolock, data } = setup.mount;
    this.#journalled = data === 'journal';
    this.#placesShowOldBytes = program.target === 'impl:buffer_head' && !(delalloc && dioreadNolock);
    const mapped = allOperations(program).filter((each) => each.op === 'mmap');
    this.#mappings = new Map(mapped.map(({ as, offset }) => [as, offset]));
    this.granule = Math.min(setup.blockSize, PAGE_BYTES);
    this.#folio = Math.max(setup.blockSize, PAGE_BYTES);
    const opened = allOperations(program).filter((each) => each.op === 'open');
    const having = (flag: 'direct' | 'append'): Set<Handle> =>
      new Set(opened.filter(({ flags }) => flags[flag] === true).map(({ as }) => as));
    // Rule 13.
    this.#direct = this.#journalled ? new Set() : having('direct');
    this.#appending = having('append');
    const raced = tasks.flatMap(({ operations }) => operations);
    this.#stores = raced.some(({ op }) => op === 'store');
    this.#comesBetweenParts = raced.some((operation) => this.comesBetween(operation));
  }

  atomicityOf(operation: Operation): Atomicity {
    const { op } = operation;
    if (op === 'pread' && this.#isDirect(operation) && !this.#comesBetweenParts) return 'step';
    if (LOOKS.has(op)) return 'looks';
    return NOTHING.has(op) ? 'nothing' : 'step';
  }

  /** Whether such steps may lie between the parts of another step on the same file (rule 8), or those of a read (rule 11). */
  comesBetween(operation: Operation): boolean {
    return operation.op === 'store' || this.#mayShare(operation);
  }

  /** Whether a stat may show this field as it only becomes later (rules 8 and 9). */
  runsAhead(field: keyof Stat): boolean {
    return this.#comesBetweenParts && (field === 'mtime' || field === 'ctime');
  }

  /** Whether a read may fail so although no state of the file says so (rule 11). */
  mayFail(operation: Operation, errno: string): boolean {
    return errno === 'EIO' && this.#stores && this.#isDirect(operation);
  }

  /** The contents that `look` may find in one block while `operation` makes `after` of `before` (rules 2, 4, 10 and 16). */
  viewsDuring(operation: Operation, before: FileView, after: FileView, look: Operation): FileView[] {
    const views = [before, after];
    if (operation.op === 'store' && this.#placesShowOldBytes && this.#isDirect(look)) {
      const start =
        this.#endOfPage((this.#mappings.get(operation.mapping) ?? 0) + operation.offset + 1) - this.#folio;
      views.push({ ...before, open: [...before.open, ...this.#zeros(before.bytes, start)] });
    }
    if ((operation.op === 'ftruncate' || operation.op === 'truncate') && after.size < before.size) {
      const bytes = before.bytes.slice();
      bytes.fill(0, after.size);
      views.push({ ...before, bytes });
    }
    if (this.#isDirect(operation) && after.size > before.size) {
      // What the write has put on the device shows through the cache where the page came in after that, or not.
      for (const bytes of [after.bytes.slice(), overlaid(after.bytes, before)]) {
        bytes.fill(0, before.size, Math.min(after.size, this.#endOfPage(before.size)));
        views.push({ ...after, bytes });
      }
    }
    return views;
  }

  /** Whether a file may have this size for others while it grows or shrinks (rules 3 and 10). */
  sizeDuring(operation: Operation, size: number, before: FileView, after: FileView): boolean {
    if (size === before.size || size === after.size) return true;
    if (this.#isDirect(operation)) return false;
    const short = operation.op === 'pwrite' && operation.faultAt !== undefined;
    if (short && size === operation.offset) return size > before.size;
    return size > before.size && size < after.size && size % this.granule === 0;
  }

  /** Blocks of zeros, which may be holes, in the page that begins there. */
  #zeros(bytes: Uint8Array, page: number): FileView['open'] {
    const starts = Array.from(
      { length: this.#folio / this.granule },
      (_, index) => page + index * this.granule,
    );
    return starts
      .map((start) => ({ start, end: start + this.granule }))
      .filter(({ start, end }) => bytes.subarray(start, end).every((byte) => byte === 0));
  }

  /** Where the smallest folio with the byte before this place ends. */
  #endOfPage(place: number): number {
    return Math.ceil(place / this.#folio) * this.#folio;
  }

  #isDirect(operation: Operation): boolean {
    return 'handle' in operation && this.#direct.has(operation.handle);
  }

  /** A direct write that holds i_rwsem for reading only, when it overwrites. Appending ones never do. */
  #mayShare(operation: Operation): boolean {
    const writes = operation.op === 'pwrite' || operation.op === 'write';
    return writes && this.#isDirect(operation) && !this.#appending.has(operation.handle);
  }
}

/** The bytes of a file, with those that it had before as far as it went. */
function overlaid(bytes: Uint8Array, { bytes: before, size }: FileView): Uint8Array {
  const both = bytes.slice();
  both.set(before.subarray(0, size));
  return both;
}
