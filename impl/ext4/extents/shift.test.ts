import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { forget } from '../mapping/reservation.ts';
import { audit, auditJournal, type Reference } from './audit.fixture.ts';
import { MAX_BLOCKS } from './check-node.ts';
import { readTree } from './check-tree.ts';
import { FakeHandle, fakeMount, type FakeMount } from './fake-mount.fixture.ts';
import { removeRange } from './remove-range.ts';
import { shiftLeft, shiftRight, splitAt } from './shift.ts';

/** Shifting extents in trees of any depth: the tree says what a map from block to state says that was shifted, too. */

function* changing({ inode }: FakeMount, from: number, change: Sleepable<void>): Sleepable<void> {
  yield* inode.dataLock.write();
  try {
    forget(inode, from, MAX_BLOCKS);
    yield* change;
  } finally {
    forget(inode, from, MAX_BLOCKS);
    inode.dataLock.unlockWrite();
  }
}

/** What is in the map from `from` on moves. */
const shifted = (reference: Reference, from: number, by: number): Reference =>
  new Map([...reference].map(([logical, state]) => [logical >= from ? logical + by : logical, state]));

const without = (reference: Reference, from: number, to: number): Reference =>
  new Map([...reference].filter(([logical]) => logical < from || logical >= to));

/** An extent at every other block. */
function comb(mount: FakeMount, count: number): Reference {
  const reference: Reference = new Map();
  const handle = new FakeHandle(10_000).asHandle;
  for (let index = 0; index < count; index++) {
    mount.run(mapBlocks(handle, mount.inode, 2 * index, 1, 'create'));
    reference.set(2 * index, 'written');
  }
  return reference;
}

test('of many extents with few credits: each transaction has a sound tree, and all of them are moved in the end', () => {
  const mount = fakeMount();
  const { inode } = mount;
  let reference = comb(mount, 700);
  expect(inode.dataView.getUint16(6, true)).toBeGreaterThanOrEqual(1);
  const handle = new FakeHandle(6);
  const sizes = new Set<number>();
  handle.onRestart = () => {
    const { extents } = mount.run(readTree(inode));
    sizes.add(extents.length);
    const now: Reference = new Map(extents.map(({ logical }) => [logical, 'written']));
    auditJournal(mount, handle, audit(mount, now), 'what it touched');
  };
  mount.run(changing(mount, 301, shiftRight(handle.asHandle, inode, 301, 1_000_000)));
  reference = shifted(reference, 301, 1_000_000);
  audit(mount, reference);
  mount.run(changing(mount, 301, shiftLeft(handle.asHandle, inode, 301, 999_000)));
  audit(mount, shifted(reference, 301, -999_000));
  expect(handle.restarts).toBeGreaterThan(4);
  expect([...sizes]).toEqual([700]);
});

test('an extent that would leave the largest file keeps everything where it is', () => {
  const mount = fakeMount();
  const reference = comb(mount, 20);
  const handle = new FakeHandle(100).asHandle;
  mount.run(mapBlocks(handle, mount.inode, MAX_BLOCKS - 2, 1, 'create'));
  reference.set(MAX_BLOCKS - 2, 'written');
  expect(() => mount.run(changing(mount, 3, shiftRight(handle, mount.inode, 3, 2)))).toThrow(Failure);
  audit(mount, reference);
  mount.run(changing(mount, 3, shiftRight(handle, mount.inode, 3, 1)));
  audit(mount, shifted(reference, 3, 1));
});

test('what fits together after a shift is one extent again', () => {
  const mount = fakeMount();
  const handle = new FakeHandle(1000).asHandle;
  const { inode } = mount;
  mount.run(mapBlocks(handle, inode, 0, 20, 'create-unwritten'));
  mount.run(changing(mount, 7, splitAt(handle, inode, 7)));
  expect(mount.run(readTree(inode)).extents.map(({ length }) => length)).toEqual([7, 13]);
  mount.run(changing(mount, 7, shiftRight(handle, inode, 7, 100)));
  mount.run(changing(mount, 107, shiftLeft(handle, inode, 107, 100)));
  expect(mount.run(readTree(inode)).extents.map(({ length }) => length)).toEqual([20]);
});

const step = fc.record({
  kind: fc.constantFrom('insert', 'collapse', 'unwritten', 'written', 'clear'),
  from: fc.nat(900),
  length: fc.integer({ min: 1, max: 60 }),
});

test('any sequence leaves the tree that a map from block to state describes', () => {
  let deepest = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const mount = fakeMount();
      const { inode } = mount;
      let reference = comb(mount, 300);
      for (const { kind, from, length } of steps) {
        const handle = new FakeHandle(60).asHandle;
        if (kind === 'insert') {
          mount.run(changing(mount, from, splitAt(handle, inode, from)));
          mount.run(changing(mount, from, shiftRight(handle, inode, from, length)));
          reference = shifted(reference, from, length);
        } else if (kind === 'collapse') {
          mount.run(changing(mount, from, removeRange(handle, inode, from, from + length)));
          mount.run(changing(mount, from, shiftLeft(handle, inode, from + length, length)));
          reference = shifted(without(reference, from, from + length), from + length, -length);
        } else {
          const mode = (
            { unwritten: 'create-unwritten', written: 'create', clear: 'make-unwritten' } as const
          )[kind];
          const state = kind === 'written' ? 'written' : 'unwritten';
          for (let block = from; block < from + length;) {
            const found = mount.run(
              mapBlocks(new FakeHandle(60).asHandle, inode, block, from + length - block, mode),
            );
            for (let index = 0; index < found.length; index++) {
              const old = reference.get(block + index);
              if (kind !== 'unwritten' || old === undefined) reference.set(block + index, state);
            }
            block += found.length;
          }
        }
        audit(mount, reference);
        deepest = Math.max(deepest, inode.dataView.getUint16(6, true));
      }
    }),
    { numRuns: 60 },
  );
  expect(deepest).toBeGreaterThanOrEqual(1);
});
