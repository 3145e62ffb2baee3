import type { WritebackControl } from '../mm/address-space-operations.ts';
import type { Folio } from '../mm/folio.ts';
import { memoryFailure } from '../mm/memory-failure.ts';
import { migrateFolios } from '../mm/migrate.ts';
import { endPage, PAGE_BYTES, pageIndex } from '../mm/page.ts';
import { reclaimFolios } from '../mm/invalidate.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';

/**
 * What the kernel does with cached pages when it likes, as calls of their own, so that it happens at chosen moments. Ranges
 * are bytes of the file that `path` leads to.
 */

/** Pages that a background writeback takes at once (MAX_WRITEBACK_PAGES at its least). */
const BACKGROUND_PAGES = 1024;

/**
 * Makes room in memory: the clean pages of the range leave it, also those that are mapped (reclaim; POSIX_FADV_DONTNEED
 * spares mapped ones), and what stays, because it is dirty, moves to other memory (compaction). A clean page that the range
 * begins in the middle of is treated as broken memory is. Nothing of this shows in the file.
 */
export function* reclaim(
  context: KernelContext,
  path: string,
  offset: number,
  length: number,
): Sleepable<void> {
  const inode = yield* resolve(context, path, true);
  try {
    const { mapping } = inode;
    const first = pageIndex(offset);
    const end = endPage(offset + length);
    if (offset % PAGE_BYTES !== 0 && isIdle(mapping.find(first))) yield* memoryFailure(mapping, first);
    reclaimFolios(mapping, first, end);
    yield* migrateFolios(mapping, first, end);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

const isIdle = (folio: Folio | null): boolean =>
  folio !== null && !folio.dirty && !folio.writeback && !folio.locked;

/** Dirty pages of the range are sent on their way, and not waited for (what the flusher does, WB_SYNC_NONE). */
export function* writeback(
  context: KernelContext,
  path: string,
  offset: number,
  length: number,
): Sleepable<void> {
  const inode = yield* resolve(context, path, true);
  try {
    const { mapping } = inode;
    if (mapping.dirtyFolios === 0) return;
    const control: WritebackControl = {
      start: offset,
      end: offset + length,
      sync: 'none',
      budget: BACKGROUND_PAGES,
    };
    yield* mapping.operations.writepages(mapping, control);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}
