import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { ensureCredits } from '../mapping/release-blocks.ts';
import { collapse } from './collapse.ts';
import { extentCredits } from './credits.ts';
import type { Extent } from './node.ts';
import { freeMapped } from './free-mapped.ts';
import { findPath, leafOf } from './path.ts';
import { splice } from './splice.ts';
import { TreeEdit } from './tree-edit.ts';

/**
 * Frees what is mapped in `from` .. `to - 1`, from the end backwards, so that what a crash leaves is a shorter file
 * (ext4_ext_remove_space). Each step is sound on its own: when the handle's credits run out it is restarted, and dataLock,
 * which the caller holds for writing, is let go meanwhile. Fails with ENOSPC when an extent is cut in the middle and
 * even the space that is kept back is used up; then nothing was freed yet.
 */
export function* removeRange(handle: Handle, inode: Inode, from: number, to: number): Sleepable<void> {
  const edit = new TreeEdit(handle, inode, true);
  let end = to;
  try {
    while (end > from) {
      const path = yield* findPath(inode, end - 1);
      const { node, slot } = leafOf(path);
      if (slot < 0) break;
      const extent = node.extent(slot);
      const stop = Math.min(end, extent.logical + extent.length);
      const start = Math.max(from, extent.logical);
      if (start >= stop) break;
      // The lock was let go: what the path shows may be old.
      if (yield* ensureCredits(edit, extentCredits(inode, stop - start))) continue;
      yield* splice(edit, path, end - 1, 'replace', without(extent, start, stop));
      yield* freeMapped(edit, start, stop, extent.physical + start - extent.logical);
      end = start;
    }
    yield* collapse(edit);
  } finally {
    yield* edit.finish();
  }
}

/** What is left of `extent` without `start` .. `stop - 1`. */
export function without(extent: Extent, start: number, stop: number): Extent[] {
  const left: Extent[] = [];
  const end = extent.logical + extent.length;
  if (start > extent.logical) left.push({ ...extent, length: start - extent.logical });
  if (stop < end) {
    left.push({
      ...extent,
      logical: stop,
      length: end - stop,
      physical: extent.physical + stop - extent.logical,
    });
  }
  return left;
}
