import { assert } from '../../lib/assert.ts';
import { fail } from '../../lib/errno.ts';
import type { Inode } from '../inode/inode.ts';

/**
 * Promises a place to `length` blocks from `logical` on (ext4_insert_delayed_blocks). The caller has looked the range up:
 * the extent status knows each block as a hole, or as delayed already, which then costs nothing again. Fails with ENOSPC
 * before anything has changed.
 */
export function reserveDelayed(inode: Inode, logical: number, length: number): void {
  const { extentStatus, sb } = inode;
  const fresh = length - extentStatus.countDelayed(logical, logical + length);
  if (!sb.freeSpace.has(fresh, false)) fail('ENOSPC');
  extentStatus.insertDelayed(logical, length);
  sb.freeSpace.reserved += fresh;
  inode.reservedBlocks += fresh;
}

/** Takes `count` promised blocks back: they found their place, or need none (ext4_da_release_space). */
export function releaseReservation(inode: Inode, count: number): void {
  const { freeSpace } = inode.sb;
  assert(
    count <= inode.reservedBlocks && count <= freeSpace.reserved,
    () => `releasing ${count} blocks never promised`,
  );
  inode.reservedBlocks -= count;
  freeSpace.reserved -= count;
}

/**
 * The delayed blocks of `length` from `logical` on are holes again; their data was thrown away before it had a place. What
 * is mapped in the range stays mapped, and known.
 */
export function punchDelayed(inode: Inode, logical: number, length: number): void {
  const { extentStatus } = inode;
  for (;;) {
    const delayed = extentStatus.nextDelayed(logical, logical + length);
    if (delayed === null) return;
    // Delayed blocks are holes in the extent tree.
    releaseReservation(inode, extentStatus.insert(delayed.logical, delayed.length, delayed.physical, 'hole'));
  }
}
