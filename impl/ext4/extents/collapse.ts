import { present } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from './check-node.ts';
import { readNode, rootOf } from './path.ts';
import type { TreeEdit } from './tree-edit.ts';

/** A tree block given back: bitmap, group descriptor, and the revoke record's share. */
const CREDITS = 3;

/**
 * Pulls a lone child that fits into the root (ext4_ext_try_to_merge_up, for trees of any depth). Best effort: without
 * credits the tree stays as deep as it is, and so it does on a full device, where the next conversion may need the child's
 * block again before a commit makes it available.
 */
export function* collapse(edit: TreeEdit): Sleepable<void> {
  const root = rootOf(edit.inode);
  while (root.depth > 0 && root.count === 1 && edit.inode.sb.blockAllocator.hasSpareClusters) {
    const child = yield* readNode(edit.inode, root.child(0), {
      depth: root.depth - 1,
      firstKey: root.key(0),
      endKey: MAX_BLOCKS,
    });
    if (child.count > root.header.max) return;
    if (!edit.handle.hasCredits(2 * CREDITS) && !(yield* edit.handle.extend(CREDITS))) return;
    yield* edit.access(child);
    root.format(child.depth);
    root.appendFrom(child, 0);
    edit.dirty(root);
    yield* edit.freeNodes([present(child, 'child')]);
  }
}
