import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { audit, auditJournal, demand, type Reference } from '../extents/audit.fixture.ts';
import { mapCredits } from './block-map.ts';
import { FakeHandle, fakeMount, type FakeMount, type FakeOptions } from '../extents/fake-mount.fixture.ts';
import { removeRange } from '../extents/remove-range.ts';
import { initExtentTree } from '../extents/root.ts';
import { checkExtentTree } from '../extents/check-tree.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { mapBlocks, type BlockMapping, type MapMode } from './map-blocks.ts';
import { punchDelayed, reserveDelayed } from './reservation.ts';

/** Logical blocks that the random steps use; half of them, alone, make a tree of depth 2 with blocks of 1 KiB. */
const BLOCKS = 1600;

type Step =
  | {
      readonly kind: 'map';
      readonly from: number;
      readonly length: number;
      readonly mode: MapMode;
      readonly room: number;
    }
  | {
      readonly kind: 'comb';
      readonly from: number;
      readonly length: number;
      readonly mode: MapMode;
      readonly room: number;
    }
  | {
      readonly kind: 'remove' | 'reserve' | 'punch' | 'forget';
      readonly from: number;
      readonly length: number;
    };

const range = {
  from: fc.nat(BLOCKS - 1),
  length: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: BLOCKS })),
};
const mode = fc.constantFrom<MapMode>('lookup', 'create', 'create-unwritten', 'convert');
/** Allocations before ENOSPC; mostly there is enough. */
const room = fc.oneof({ weight: 4, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(3) });
const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ kind: fc.constant('map'), mode, room, ...range }),
  fc.record({ kind: fc.constant('comb'), mode, room, ...range }),
  fc.record({ kind: fc.constantFrom('remove', 'reserve', 'punch', 'forget'), ...range }),
);

class Trial {
  readonly mount: FakeMount;
  readonly reference: Reference = new Map();
  /** One handle for all, with the memory of what was announced; credits are counted per call. */
  readonly handle = new FakeHandle(1);

  constructor(options: FakeOptions = {}) {
    this.mount = fakeMount(options);
    this.mount.run(markInodeDirty(this.handle.asHandle, this.mount.inode));
  }

  map(logical: number, length: number, how: MapMode): BlockMapping {
    const { mount, handle } = this;
    const state = this.reference.get(logical) ?? 'hole';
    handle.spare = 0;
    mount.run(handle.restart(mapCredits(mount.inode, length)));
    const result = mount.run(
      mapBlocks(how === 'lookup' ? null : handle.asHandle, mount.inode, logical, length, how),
    );
    const { type, length: mapped, isNew, sequence } = result;
    demand(
      result.logical === logical && mapped > 0 && mapped <= length,
      `mapped ${mapped} of ${length} blocks`,
    );
    demand(type === AFTER[how][state], `${how} made ${type} of ${state}`);
    demand(
      isNew === (how.startsWith('create') && state !== type),
      `isNew is ${isNew} after ${how} of ${state}`,
    );
    demand(sequence === mount.inode.extentStatus.sequence, 'the sequence number is not the current one');
    for (let block = logical; block < logical + mapped; block++) {
      demand(
        (this.reference.get(block) ?? 'hole') === state,
        `the mapping spans ${state} and block ${block}`,
      );
      if (type !== 'hole') this.reference.set(block, type);
    }
    return result;
  }

  run(act: Step): void {
    const end = Math.min(BLOCKS, act.from + act.length);
    switch (act.kind) {
      case 'map':
        this.within(act.room, () => {
          for (let at = act.from; at < end;) at += this.map(at, end - at, act.mode).length;
        });
        break;
      case 'comb':
        this.within(act.room, () => {
          for (let at = act.from; at < end; at += 2) this.map(at, 1, act.mode);
        });
        break;
      case 'remove':
        this.remove(act.from, end);
        break;
      case 'reserve':
        this.reserve(act.from, end);
        break;
      case 'forget':
        this.forget();
        break;
      case 'punch':
        this.mount.run(punchDelayed(this.mount.inode, act.from, end - act.from));
        for (let block = act.from; block < end; block++) {
          if (this.reference.get(block) === 'delayed') this.reference.delete(block);
        }
    }
  }

  /** ENOSPC after `allocations` is allowed; what was mapped before stays. */
  within(allocations: number, act: () => void): void {
    this.mount.allocator.failAfter = allocations;
    try {
      act();
    } catch (error) {
      expect(error).toEqual(new Failure('ENOSPC'));
      expect(allocations).not.toBe(Infinity);
    }
    this.mount.allocator.failAfter = Infinity;
  }

  remove(from: number, end: number): void {
    const { mount, handle } = this;
    const { inode } = mount;
    mount.run(punchDelayed(inode, from, end - from));
    inode.extentStatus.remove(from, end);
    // One for the inode, which a restart writes first.
    handle.credits = 1;
    mount.run(locked(mount, removeRange(handle.asHandle, inode, from, end)));
    for (let block = from; block < end; block++) this.reference.delete(block);
  }

  /** What the kernel does when memory is short (ext4_es_shrink): all goes that can be learnt again. */
  forget(): void {
    const { extentStatus } = this.mount.inode;
    for (const { logical, length, state } of [...extentStatus]) {
      if (state !== 'delayed') extentStatus.remove(logical, logical + length);
    }
  }

  reserve(from: number, end: number): void {
    for (let at = from; at < end;) {
      const { type, length } = this.map(at, end - at, 'lookup');
      if (type === 'hole') {
        reserveDelayed(this.mount.inode, at, length);
        for (let block = at; block < at + length; block++) this.reference.set(block, 'delayed');
      }
      at += length;
    }
  }
}

/** The state of a block after a call in each mode, by its state before: the contract of mapBlocks as a table. */
const AFTER: Readonly<Record<MapMode, Readonly<Record<string, string>>>> = {
  lookup: { hole: 'hole', delayed: 'delayed', unwritten: 'unwritten', written: 'written' },
  create: { hole: 'written', delayed: 'written', unwritten: 'written', written: 'written' },
  'create-unwritten': { hole: 'unwritten', delayed: 'unwritten', unwritten: 'unwritten', written: 'written' },
  convert: { hole: 'hole', delayed: 'delayed', unwritten: 'written', written: 'written' },
  'make-unwritten': { hole: 'unwritten', delayed: 'unwritten', unwritten: 'unwritten', written: 'unwritten' },
};

function* locked<T>({ inode }: FakeMount, body: Sleepable<T>): Sleepable<T> {
  yield* inode.dataLock.write();
  try {
    return yield* body;
  } finally {
    inode.dataLock.unlockWrite();
  }
}

test('any sequence leaves the tree that a map from block to state describes', () => {
  let deepest = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const trial = new Trial();
      for (const act of steps) {
        trial.run(act);
        const tree = audit(trial.mount, trial.reference);
        auditJournal(trial.mount, trial.handle, tree);
        deepest = Math.max(deepest, trial.mount.inode.dataView.getUint16(6, true));
      }
      trial.remove(0, BLOCKS);
      audit(trial.mount, trial.reference);
      expect(trial.mount.inode.dataView.getUint16(6, true)).toBe(0);
      expect(trial.mount.inode.sectors).toBe(0);
    }),
    { numRuns: 100 },
  );
  expect(deepest).toBeGreaterThanOrEqual(2);
});

describe('the shape of the tree', () => {
  /** 84 extents fit in 1024 - 12 - 4 bytes, 12 bytes each. */
  const PER_LEAF = 84;

  test('a file written in order fills its leaves', () => {
    const trial = new Trial();
    for (let index = 0; index < 3 * PER_LEAF; index++) trial.map(2 * index, 1, 'create');
    expect(audit(trial.mount, trial.reference).treeBlocks).toHaveLength(3);
  });

  test('depth 2 needs more than four full leaves, and shrinks to nothing again', () => {
    const trial = new Trial();
    const { inode } = trial.mount;
    for (let index = 0; index < 4 * PER_LEAF; index++) trial.map(2 * index, 1, 'create');
    expect(inode.dataView.getUint16(6, true)).toBe(1);
    trial.map(8 * PER_LEAF, 1, 'create');
    expect(inode.dataView.getUint16(6, true)).toBe(2);
    trial.remove(7, BLOCKS);
    expect(inode.dataView.getUint16(6, true)).toBe(0);
    expect(audit(trial.mount, trial.reference).extents).toHaveLength(4);
  });

  test('full index nodes split too, and not at all when a block is missing', () => {
    const trial = new Trial({ blocks: 20_000 });
    const { allocator, inode } = trial.mount;
    // An index node of depth 1 holds as many leaves as a leaf holds extents.
    for (let index = 0; index < PER_LEAF * PER_LEAF; index++) trial.map(2 * index, 1, 'create');
    expect(audit(trial.mount, trial.reference).treeBlocks).toHaveLength(1 + PER_LEAF);
    const end = 2 * PER_LEAF * PER_LEAF;
    const middle = end / 2 + 1;
    for (const at of [end, middle]) {
      // The block itself and an index node; none is left for the leaf.
      for (const room of [0, 1, 2]) {
        trial.within(room, () => trial.map(at, 1, 'create-unwritten'));
        audit(trial.mount, trial.reference);
      }
      expect(trial.reference.has(at)).toBe(false);
      allocator.failAfter = Infinity;
    }
    trial.map(middle, 1, 'create-unwritten');
    trial.map(end, 1, 'create-unwritten');
    const tree = audit(trial.mount, trial.reference);
    expect(tree.treeBlocks).toHaveLength(2 + PER_LEAF + 2);
    auditJournal(trial.mount, trial.handle, tree);
    expect(inode.dataView.getUint16(6, true)).toBe(2);
  });

  test('filling the gaps of a comb merges nothing wrongly, whichever way it is filled', () => {
    for (const order of [1, -1]) {
      const trial = new Trial();
      for (let index = 0; index < 400; index++) trial.map(2 * index, 1, 'create-unwritten');
      for (let index = 0; index < 400; index++)
        trial.map(order > 0 ? 2 * index + 1 : 799 - 2 * index, 1, 'create');
      const tree = audit(trial.mount, trial.reference);
      auditJournal(trial.mount, trial.handle, tree);
    }
  });

  test('converting an unwritten extent piece by piece ends in one written extent a leaf', () => {
    const trial = new Trial();
    trial.map(0, 500, 'create-unwritten');
    for (let index = 0; index < 500; index += 3) trial.map(index, 1, 'convert');
    for (let index = 0; index < 500;) index += trial.map(index, 2, 'convert').length;
    const tree = audit(trial.mount, trial.reference);
    expect(tree.extents.every(({ unwritten }) => !unwritten)).toBe(true);
    expect(tree.extents.length).toBeLessThanOrEqual(Math.max(1, tree.treeBlocks.length));
  });
});

test('what reaches the disk is read back with its checksums, and the last block number is usable', () => {
  const trial = new Trial();
  const { mount, handle } = trial;
  for (let index = 0; index < 700; index++) trial.map(2 * index, 1, 'create');
  trial.map(2 ** 32 - 2, 1, 'create');
  for (const buffer of handle.announced.keys()) {
    buffer.seal?.apply(buffer);
    mount.run(mount.sb.cache.write(buffer, { preflush: false, fua: false }));
  }
  mount.sb.cache.shrink();
  const again = mount.newInode(mount.inode.ino);
  initExtentTree(again);
  again.data.set(mount.inode.data);
  again.sectors = mount.inode.sectors;
  mount.run(checkExtentTree(again));
  audit(mount, trial.reference, again);
});

describe('space', () => {
  test('delayed blocks find a place when nobody else could have it', () => {
    const mount = fakeMount({ blocks: 60, keptBack: 4 });
    const { inode, sb } = mount;
    mount.run(mapBlocks(null, inode, 0, 100, 'lookup'));
    reserveDelayed(inode, 0, 36);
    expect(() => reserveDelayed(inode, 36, 1)).toThrow(Failure);
    expect(inode.extentStatus.lookup(36)?.state).toBe('hole');
    expect(sb.freeSpace.reserved).toBe(36);
    const handle = new FakeHandle(100).asHandle;
    expect(() => mount.run(mapBlocks(handle, inode, 36, 1, 'create'))).toThrow(Failure);
    for (let index = 35; index >= 0; index--) mount.run(mapBlocks(handle, inode, index, 1, 'create'));
    const reference: Reference = new Map(Array.from({ length: 36 }, (_, index) => [index, 'written']));
    audit(mount, reference);
  });

  test('reserving a range twice promises its blocks once', () => {
    const mount = fakeMount();
    mount.run(mapBlocks(null, mount.inode, 0, 100, 'lookup'));
    reserveDelayed(mount.inode, 0, 10);
    reserveDelayed(mount.inode, 5, 10);
    expect(mount.sb.freeSpace.reserved).toBe(15);
    mount.run(punchDelayed(mount.inode, 3, 4));
    expect(mount.sb.freeSpace.reserved).toBe(11);
  });

  test('an extent never exceeds 32768 blocks written, 32767 unwritten', () => {
    const mount = fakeMount({ blocks: 80_000 });
    const handle = new FakeHandle(1000).asHandle;
    const lengths = (how: MapMode, from: number): number[] => {
      const found: number[] = [];
      for (let at = from; at < from + 32_770;) {
        const { length } = mount.run(mapBlocks(handle, mount.inode, at, from + 32_770 - at, how));
        found.push(length);
        at += length;
      }
      return found;
    };
    expect(lengths('create', 0)).toEqual([32_768, 2]);
    expect(lengths('create-unwritten', 40_000)).toEqual([32_767, 3]);
    const reference: Reference = new Map();
    for (let index = 0; index < 32_770; index++)
      reference.set(index, 'written').set(40_000 + index, 'unwritten');
    audit(mount, reference);
  });
});

describe('the sequence number', () => {
  test('stands still while nothing changes, and moves with every change', () => {
    const trial = new Trial();
    const { extentStatus } = trial.mount.inode;
    trial.map(0, 8, 'create-unwritten');
    const { sequence } = extentStatus;
    trial.map(0, 8, 'lookup');
    trial.map(0, 8, 'create-unwritten');
    trial.map(100, 8, 'lookup');
    expect(extentStatus.sequence).toBe(sequence);
    trial.map(2, 1, 'convert');
    expect(extentStatus.sequence).toBeGreaterThan(sequence);
  });
});
