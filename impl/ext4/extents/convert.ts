import type { Sleepable } from '../../sched/sleepable.ts';
import { collapse } from './collapse.ts';
import type { Extent } from './node.ts';
import type { Path } from './path.ts';
import { splice } from './splice.ts';
import type { TreeEdit } from './tree-edit.ts';

/**
 * Makes `from` .. `to - 1`, which lies within the unwritten `extent` at the end of `path`, written; the rest of the extent
 * stays unwritten (ext4_split_convert_extents and ext4_convert_unwritten_extents_endio). A written extent becomes unwritten in
 * the same way (convert_initialized_extent); the range is as short as those must be. Where the kernel, out of space, writes
 * zeros instead of splitting, the space kept back is used here. Fails with ENOSPC without any change.
 */
export function* convertExtent(
  edit: TreeEdit,
  path: Path,
  extent: Extent,
  from: number,
  to: number,
): Sleepable<void> {
  const end = extent.logical + extent.length;
  const part = (start: number, stop: number, unwritten: boolean): Extent => ({
    logical: start,
    length: stop - start,
    physical: extent.physical + start - extent.logical,
    unwritten,
  });
  const pieces: Extent[] = [];
  const { unwritten } = extent;
  if (from > extent.logical) pieces.push(part(extent.logical, from, unwritten));
  pieces.push(part(from, to, !unwritten));
  if (to < end) pieces.push(part(to, end, unwritten));
  yield* splice(edit, path, from, 'replace', pieces);
  yield* collapse(edit);
}
