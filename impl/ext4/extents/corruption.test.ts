import { describe, expect, test } from 'vitest';
import { Corruption } from '../../lib/corruption.ts';
import type { Inode } from '../inode/inode.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { checkExtentTree } from './check-tree.ts';
import { FakeHandle, fakeMount, FIRST_FREE, type FakeMount } from './fake-mount.fixture.ts';

/** Offsets of Documentation/filesystems/ext4/ifork.rst: header of 12 bytes, entries of 12 bytes. */
const ENTRIES = 2;
const MAX = 4;
const DEPTH = 6;
const ENTRY = 12;
const EE_LEN = 4;
const EE_START_LO = 8;
const EI_LEAF_LO = 4;

/** A tree of depth 1 with two full leaves and one begun, all on disk; `damage` changes the first leaf there. */
function damaged(damage: (leaf: DataView) => void, seal: 'seal again' | 'leave the checksum'): Inode {
  const mount = fakeMount();
  const { sb, inode } = mount;
  fill(mount, 200);
  const leaf = sb.cache.getblk(inode.dataView.getUint32(ENTRY + EI_LEAF_LO, true));
  leaf.seal?.apply(leaf);
  damage(leaf.view);
  if (seal === 'seal again') leaf.seal?.apply(leaf);
  mount.run(sb.cache.write(leaf, { preflush: false, fua: false }));
  sb.cache.drop(leaf.block);
  return reread(mount);
}

function fill(mount: FakeMount, extents: number): void {
  const handle = new FakeHandle(1000).asHandle;
  for (let index = 0; index < extents; index++)
    mount.run(mapBlocks(handle, mount.inode, 2 * index, 1, 'create'));
}

/** The inode as if it had just been read: nothing is believed of it yet. */
function reread(mount: FakeMount): Inode {
  const again = mount.newInode(mount.inode.ino);
  again.data.set(mount.inode.data);
  return again;
}

function finding(inode: Inode): string {
  try {
    inode.sb.scheduler.run('check', checkExtentTree(inode));
  } catch (error) {
    if (error instanceof Corruption) return error.finding.field;
    throw error;
  }
  return 'sound';
}

describe('a tree block', () => {
  const cases: readonly [string, (leaf: DataView) => void][] = [
    ['eh_magic', (leaf) => leaf.setUint16(0, 0xf30b, true)],
    ['eh_entries', (leaf) => leaf.setUint16(ENTRIES, 85, true)],
    ['eh_max', (leaf) => leaf.setUint16(MAX, 0, true)],
    ['eh_depth', (leaf) => leaf.setUint16(DEPTH, 1, true)],
    ['first key', (leaf) => leaf.setUint32(ENTRY, 1, true)],
    ['ee_block', (leaf) => leaf.setUint32(2 * ENTRY, 0, true)],
    ['ee_len', (leaf) => leaf.setUint16(ENTRY + EE_LEN, 0, true)],
    // Three blocks from logical block 0 on run into the extent at block 2.
    ['ee_block', (leaf) => leaf.setUint16(ENTRY + EE_LEN, 3, true)],
    // The last extent of the leaf reaches into the next leaf.
    ['ee_len', (leaf) => leaf.setUint16(84 * ENTRY + EE_LEN, 3, true)],
    ['ee_start', (leaf) => leaf.setUint32(ENTRY + EE_START_LO, 8192, true)],
    // The superblock, and the last block of the fixed metadata.
    ['ee_start', (leaf) => leaf.setUint32(ENTRY + EE_START_LO, 1, true)],
    ['ee_start', (leaf) => leaf.setUint32(ENTRY + EE_START_LO, FIRST_FREE - 1, true)],
  ];
  test.each(cases)('with a wrong %s is refused (case %#)', (field, damage) => {
    expect(finding(damaged(damage, 'seal again'))).toBe(field);
  });

  test('with an eh_max beyond the block is refused before its checksum is looked for behind the block', () => {
    expect(finding(damaged((leaf) => leaf.setUint16(MAX, 0xffff, true), 'leave the checksum'))).toBe(
      'eh_max',
    );
  });

  test('is refused when a bit of it has flipped', () => {
    const flip = (leaf: DataView): void =>
      leaf.setUint8(ENTRY + EE_START_LO, leaf.getUint8(ENTRY + EE_START_LO) ^ 1);
    expect(finding(damaged(flip, 'leave the checksum'))).toBe('et_checksum');
    expect(finding(damaged(() => undefined, 'leave the checksum'))).toBe('sound');
  });
});

describe('the root', () => {
  test.each<[string, (root: DataView) => void]>([
    ['eh_magic', (root) => root.setUint16(0, 0, true)],
    ['eh_max', (root) => root.setUint16(MAX, 5, true)],
    ['eh_entries', (root) => root.setUint16(ENTRIES, 5, true)],
    // Deeper than any file needs: a bound for every walk.
    ['eh_depth', (root) => root.setUint16(DEPTH, 6, true)],
    ['ei_leaf', (root) => root.setUint32(ENTRY + EI_LEAF_LO, 0, true)],
    ['ei_block', (root) => root.setUint32(2 * ENTRY, 0, true)],
  ])('with a wrong %s is refused (case %#)', (field, damage) => {
    const mount = fakeMount();
    fill(mount, 200);
    const inode = reread(mount);
    damage(inode.dataView);
    expect(finding(inode)).toBe(field);
  });

  test('cannot point to a block that is known to be something else', () => {
    const mount = fakeMount();
    fill(mount, 200);
    const bitmap = mount.sb.cache.getblk(3000);
    bitmap.uptodate = true;
    bitmap.verified = true;
    const inode = reread(mount);
    inode.dataView.setUint32(ENTRY + EI_LEAF_LO, 3000, true);
    expect(finding(inode)).toBe('ei_leaf');
  });
});
