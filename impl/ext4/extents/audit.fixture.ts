import { expect } from 'vitest';
import type { Inode } from '../inode/inode.ts';
import { NOWHERE } from '../mapping/extent-status.ts';
import { readTree, type TreeContents } from './check-tree.ts';
import { FIRST_FREE, type FakeHandle, type FakeMount } from './fake-mount.fixture.ts';
import { maxLength } from './node.ts';

/** What a block of a file is, as the test believes: in no other way than a map from logical block. */
export type Reference = Map<number, 'written' | 'unwritten' | 'delayed'>;

/** Like expect(condition).toBe(true), which costs too much to be asked a million times. */
export function demand(condition: boolean, message: string): void {
  if (!condition) expect.fail(message);
}

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

/**
 * Everything that must hold between two operations: the tree says what `reference` says, no block is leaked or has two
 * owners, i_blocks and the counters are exact, and the extent status tells no lies.
 */
export function audit(mount: FakeMount, reference: Reference, inode: Inode = mount.inode): TreeContents {
  const tree = mount.run(readTree(inode));
  const state = new Map<number, string>();
  const place = new Map<number, number>();
  const owned = new Set<number>(tree.treeBlocks);
  expect(owned.size).toBe(tree.treeBlocks.length);
  let next = 0;
  for (const { logical, length, physical, unwritten } of tree.extents) {
    demand(logical >= next, `the extent at ${logical} stands behind one that ends at ${next}`);
    next = logical + length;
    demand(length <= maxLength(unwritten), `extent of ${length} blocks`);
    for (let index = 0; index < length; index++) {
      demand(!state.has(logical + index), `block ${logical + index} is mapped twice`);
      demand(!owned.has(physical + index), `device block ${physical + index} has two owners`);
      state.set(logical + index, unwritten ? 'unwritten' : 'written');
      place.set(logical + index, physical + index);
      owned.add(physical + index);
    }
  }
  expectSame(state, reference);
  auditSpace(mount, inode, owned, reference);
  auditStatus(inode, reference, place);
  return tree;
}

function expectSame(state: Map<number, string>, reference: Reference): void {
  const mapped = [...reference].filter(([, kind]) => kind !== 'delayed');
  expect(state.size).toBe(mapped.length);
  for (const [logical, kind] of mapped) {
    if (state.get(logical) !== kind)
      expect.fail(`block ${logical} is ${state.get(logical) ?? 'a hole'}, not ${kind}`);
  }
}

function auditSpace(mount: FakeMount, inode: Inode, owned: Set<number>, reference: Reference): void {
  const { sb, allocator } = mount;
  let free = 0;
  for (const [block, used] of allocator.used.entries()) {
    if (used === 0) free++;
    const expected = block < FIRST_FREE || owned.has(block) ? 1 : 0;
    if (used !== expected) expect.fail(`block ${block} is ${used ? 'leaked' : 'in use but free'}`);
  }
  expect(sb.freeSpace.free).toBe(free);
  expect(inode.sectors).toBe((owned.size * sb.geometry.blockSize) / 512);
  const delayed = [...reference.values()].filter((kind) => kind === 'delayed').length;
  expect(inode.reservedBlocks).toBe(delayed);
  expect(sb.freeSpace.reserved).toBe(delayed);
  expect(inode.dataLock.writeLocked).toBe(false);
}

function auditStatus(inode: Inode, reference: Reference, place: Map<number, number>): void {
  for (const { logical, length, physical, state } of inode.extentStatus) {
    // The hole behind the last block is longer than anything here needs to look at.
    for (let index = 0; index < Math.min(length, 10_000); index++) {
      const block = logical + index;
      const known = reference.get(block) ?? 'hole';
      const at = place.get(block) ?? NOWHERE;
      if (state !== known || at !== (physical === NOWHERE ? NOWHERE : physical + index)) {
        expect.fail(`the extent status says ${state} of block ${block}, which is ${known}`);
      }
    }
  }
  for (const [logical, kind] of reference) {
    if (kind !== 'delayed') continue;
    demand(inode.extentStatus.lookup(logical)?.state === 'delayed', `block ${logical} is no longer delayed`);
  }
}

/**
 * What a commit would write is what memory holds: no change of the tree or the inode went past the journal. `handle` saw
 * the whole tree being made, or only what it touched.
 */
export function auditJournal(
  mount: FakeMount,
  handle: FakeHandle,
  tree: TreeContents,
  scope: 'everything' | 'what it touched' = 'everything',
): void {
  const { cache } = mount.sb;
  for (const block of tree.treeBlocks) {
    const buffer = cache.getblk(block);
    const announced = handle.announced.get(buffer);
    if (announced === undefined && scope === 'what it touched') continue;
    demand(
      announced !== undefined && sameBytes(announced, buffer.data),
      `block ${block} changed unannounced`,
    );
  }
  const table = handle.announced.get(cache.getblk(mount.inode.tableBlock));
  const offset = mount.inode.tableOffset + 0x28;
  expect(table?.subarray(offset, offset + 60)).toEqual(mount.inode.data);
  const sectors =
    table === undefined ? 0 : new DataView(table.buffer).getUint32(mount.inode.tableOffset + 0x1c, true);
  expect(sectors).toBe(mount.inode.sectors);
}
