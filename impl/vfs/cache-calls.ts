import type { WritebackControl } from '../mm/address-space-operations.ts';
import { PAGE_BYTES } from '../mm/page.ts';
import { reclaimFolios } from '../mm/truncate.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';

/**
 * What the kernel does with cached pages when it likes, as calls of their own, so that it happens at chosen moments. Ranges
 * are bytes of the file that `path` leads to.
 */

/** Pages that a background writeback takes at once (MAX_WRITEBACK_PAGES at its least). */
const BACKGROUND_PAGES = 1024;

/** The clean pages of the range leave memory, also those that are mapped (reclaim; POSIX_FADV_DONTNEED spares mapped ones). */
export function* reclaim(
  context: KernelContext,
  path: string,
  offset: number,
  length: number,
): Sleepable<void> {
  const inode = yield* resolve(context, path, true);
  reclaimFolios(inode.mapping, Math.floor(offset / PAGE_BYTES), Math.ceil((offset + length) / PAGE_BYTES));
  yield* context.sb.inodes.put(inode);
}

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
