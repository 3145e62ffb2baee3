import { describe, expect, test } from 'vitest';
import { present } from '../../lib/assert.ts';
import { Failure } from '../../lib/errno.ts';
import { preempt, type Sleepable } from '../../sched/sleepable.ts';
import { audit, auditJournal, type Reference } from '../extents/audit.fixture.ts';
import { readTree } from '../extents/check-tree.ts';
import { FakeHandle, fakeMount, type FakeMount } from '../extents/fake-mount.fixture.ts';
import { mapBlocks } from './map-blocks.ts';
import { reserveDelayed } from './reservation.ts';
import { removeBlocks, truncateBlocks } from './truncate-blocks.ts';

/** A file of `count` blocks, each an extent of its own, at every other logical block. */
function comb(mount: FakeMount, count: number): Reference {
  const reference: Reference = new Map();
  const handle = new FakeHandle(10_000).asHandle;
  for (let index = 0; index < count; index++) {
    mount.run(mapBlocks(handle, mount.inode, 2 * index, 1, 'create'));
    reference.set(2 * index, 'written');
  }
  mount.inode.size = mount.inode.diskSize = 2 * count * 1024;
  return reference;
}

function keepBelow(reference: Reference, end: number): Reference {
  return new Map([...reference].filter(([logical]) => logical < end));
}

describe('truncation', () => {
  test('frees mapped and delayed blocks beyond the size, and keeps the block that holds the last byte', () => {
    const mount = fakeMount();
    const { inode } = mount;
    const reference = comb(mount, 500);
    mount.run(mapBlocks(null, inode, 2000, 10, 'lookup'));
    reserveDelayed(inode, 2000, 10);
    // 100 blocks and one byte: block 100 stays.
    inode.size = 100 * 1024 + 1;
    mount.run(truncateBlocks(inode));
    audit(mount, keepBelow(reference, 101));
    expect(inode.extentStatus.lookup(2000)?.state).toBe('hole');
    expect(inode.diskSize).toBe(inode.size);
    expect(mount.orphans.size).toBe(0);
  });

  test('does not move i_disksize forward', () => {
    const mount = fakeMount();
    mount.inode.size = 5000;
    mount.inode.diskSize = 3000;
    mount.run(truncateBlocks(mount.inode));
    expect(mount.inode.diskSize).toBe(3000);
  });

  test('with few credits takes many transactions, each sound, with the inode among the orphans', () => {
    const mount = fakeMount();
    const { inode } = mount;
    const reference = comb(mount, 800);
    inode.size = 0;
    const handle = new FakeHandle(30);
    mount.nextHandle = handle;
    const left: number[] = [];
    handle.onRestart = () => {
      expect(mount.orphans.has(inode.ino)).toBe(true);
      expect(inode.dataLock.writeLocked).toBe(false);
      // What this transaction commits is a tree that ends earlier, with every remaining block accounted for.
      const extents = mount.run(readTree(inode)).extents;
      const end = extents.reduce((last, { logical, length }) => Math.max(last, logical + length), 0);
      auditJournal(mount, handle, audit(mount, keepBelow(reference, end)), 'what it touched');
      left.push(extents.length);
    };
    mount.run(truncateBlocks(inode));
    expect(handle.restarts).toBeGreaterThan(2);
    expect(left).toEqual(left.toSorted((first, second) => second - first));
    audit(mount, new Map());
    expect(mount.orphans.size).toBe(0);
  });

  test('leaves the target of a fast symlink alone', () => {
    const mount = fakeMount();
    const { inode } = mount;
    inode.mode = 0o120777;
    inode.flags = 0;
    inode.data.fill(0x61);
    mount.run(truncateBlocks(inode));
    expect(inode.data.every((byte) => byte === 0x61)).toBe(true);
  });

  test('an inode without links stays among the orphans', () => {
    const mount = fakeMount();
    comb(mount, 3);
    mount.inode.links = 0;
    mount.inode.size = 0;
    mount.run(truncateBlocks(mount.inode));
    expect(mount.orphans.has(mount.inode.ino)).toBe(true);
  });

  test('a reader that looks while the lock is let go learns nothing that is wrong afterwards', () => {
    const mount = fakeMount();
    const { inode, sb } = mount;
    comb(mount, 300);
    inode.size = 0;
    mount.nextHandle = new FakeHandle(30);
    const seen: number[] = [];
    function* reader(): Sleepable<void> {
      for (let round = 0; round < 200; round++) {
        const { sequence } = yield* mapBlocks(null, inode, 0, 600, 'lookup');
        seen.push(sequence);
        yield* preempt();
      }
    }
    // Always the other task.
    sb.scheduler.strategy = {
      nextTask: (runnable, current) =>
        present(
          runnable.find((task) => task !== current),
          'other task',
        ),
    };
    sb.scheduler.runAll([
      { name: 'truncate', body: truncateBlocks(inode) },
      { name: 'read', body: reader() },
    ]);
    audit(mount, new Map());
    expect(mount.run(mapBlocks(null, inode, 0, 600, 'lookup')).type).toBe('hole');
    expect(inode.extentStatus.sequence).toBeGreaterThan(seen[0] ?? Infinity);
  });
});

describe('removal from the middle', () => {
  test('cuts one extent in two, unwritten or not', () => {
    for (const mode of ['create', 'create-unwritten'] as const) {
      const mount = fakeMount();
      mount.run(mapBlocks(new FakeHandle(100).asHandle, mount.inode, 0, 100, mode));
      mount.run(removeBlocks(mount.inode, 40, 60));
      const kind = mode === 'create' ? 'written' : 'unwritten';
      const reference: Reference = new Map();
      for (let index = 0; index < 100; index++) if (index < 40 || index >= 60) reference.set(index, kind);
      const { extents } = audit(mount, reference);
      expect(extents.map(({ logical, length }) => [logical, length])).toEqual([
        [0, 40],
        [60, 40],
      ]);
    }
  });

  test('without a block for the new leaf, nothing is freed and the tree is whole', () => {
    const mount = fakeMount();
    const handle = new FakeHandle(100).asHandle;
    const reference: Reference = new Map();
    // Four extents of three blocks fill the root.
    for (let index = 0; index < 4; index++) {
      mount.run(mapBlocks(handle, mount.inode, 10 * index, 3, 'create'));
      for (let block = 10 * index; block < 10 * index + 3; block++) reference.set(block, 'written');
    }
    mount.allocator.failAfter = 0;
    expect(() => mount.run(removeBlocks(mount.inode, 11, 12))).toThrow(Failure);
    audit(mount, reference);
    // Cutting at an end of an extent needs no space.
    mount.run(removeBlocks(mount.inode, 12, 21));
    for (let block = 12; block < 21; block++) reference.delete(block);
    audit(mount, reference);
  });
});
