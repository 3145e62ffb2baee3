import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Corruption } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { Bio, BioStatus } from '../../block/bio.ts';
import type { BlockDevice } from '../../block/block-device.ts';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { Choices } from '../../sched/choices.ts';
import { Scheduler } from '../../sched/scheduler.ts';
import { preempt, waitUntil, type Sleepable } from '../../sched/sleepable.ts';
import type { BlockRun } from './block-allocator.ts';
import { e2fsck } from '../e2fsprogs.fixture.ts';
import {
  EXT4_BG_BLOCK_UNINIT,
  EXT4_BG_INODE_UNINIT,
  freeBlocks,
  freeInodes,
  unusedInodes,
} from '../layout/group-descriptor.ts';
import type { MkfsOptions } from '../mkfs/mkfs.ts';
import { newDisk, TestMount } from '../test-mount.fixture.ts';

/** Five groups of 1 KiB blocks, the last one short; the second and the fourth start without a bitmap. */
const SIZE = 36 * 1024 * 1024;

class Mounted extends TestMount {
  readonly disk: MemoryDisk;

  constructor(options: Partial<MkfsOptions> = {}) {
    const disk = newDisk({ sizeBytes: SIZE, ...options });
    super(disk);
    this.disk = disk;
  }

  allocate(goal: number, length: number): BlockRun {
    const request = { goal, length, useKeptBack: false, metadata: false, place: null };
    return this.update((handle) => this.sb.blockAllocator.allocate(handle, null, request));
  }

  free(start: number, length: number, metadata: boolean): void {
    this.update((handle) => this.sb.blockAllocator.free(handle, null, start, length, { metadata }));
  }

  allocateInode(mode: number): number {
    return this.update((handle) => this.sb.inodeAllocator.allocate(handle, null, mode));
  }

  freeInode(ino: number, mode: number): void {
    this.update((handle) => this.sb.inodeAllocator.free(handle, ino, mode));
  }

  /** Sum of the descriptors' counters. */
  get descriptorFree(): number {
    return this.sb.groups.reduce((sum, { raw }) => sum + freeBlocks(raw, 64), 0);
  }
}

const noSpace = (error: unknown): boolean => error instanceof Failure && error.errno === 'ENOSPC';

type Step =
  | { readonly type: 'allocate'; readonly goal: number; readonly length: number }
  | { readonly type: 'free'; readonly which: number; readonly part: number; readonly metadata: boolean }
  | { readonly type: 'commit' };

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('allocate' as const),
        goal: fc.nat(40_000),
        length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9000 })),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('free' as const),
        which: fc.nat(1000),
        part: fc.nat(100),
        // Revoking block by block is slow for huge runs, and no different.
        metadata: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('commit' as const) }) },
  ),
  { maxLength: 60 },
);

/** What the allocator promises, kept beside it. */
class Ledger {
  readonly owned: BlockRun[] = [];
  readonly #used = new Set<number>();
  #uncommitted = new Set<number>();

  take({ start, length }: BlockRun): void {
    for (let block = start; block < start + length; block++) {
      if (this.#used.has(block)) expect.fail(`block ${block} handed out twice`);
      if (this.#uncommitted.has(block)) expect.fail(`block ${block} handed out before its free committed`);
      this.#used.add(block);
    }
    this.owned.push({ start, length });
  }

  give(run: BlockRun): void {
    for (let block = run.start; block < run.start + run.length; block++) {
      this.#used.delete(block);
      this.#uncommitted.add(block);
    }
  }

  committed(): void {
    this.#uncommitted = new Set();
  }

  get count(): number {
    return this.#used.size;
  }
}

function perform(mounted: Mounted, ledger: Ledger, step: Step): void {
  if (step.type === 'commit') {
    mounted.commit();
    ledger.committed();
    return;
  }
  if (step.type === 'allocate') {
    try {
      const run = mounted.allocate(step.goal, step.length);
      expect(run.length).toBeGreaterThan(0);
      expect(run.length).toBeLessThanOrEqual(step.length);
      ledger.take(run);
    } catch (error) {
      if (!noSpace(error)) throw error;
    }
    return;
  }
  const [run] = ledger.owned.splice(step.which % Math.max(1, ledger.owned.length), 1);
  if (run === undefined) return;
  const length = Math.max(1, Math.floor((run.length * step.part) / 100));
  mounted.free(run.start, length, step.metadata && length < 100);
  ledger.give({ start: run.start, length });
  if (length < run.length) ledger.owned.push({ start: run.start + length, length: run.length - length });
}

test('blocks have one owner at a time, and counters agree with what was handed out', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const mounted = new Mounted();
      const { freeSpace } = mounted.sb;
      const initially = freeSpace.free;
      const ledger = new Ledger();
      for (const step of sequence) {
        perform(mounted, ledger, step);
        expect(freeSpace.free).toBe(initially - ledger.count);
        expect(mounted.descriptorFree).toBe(freeSpace.free);
        expect(freeSpace.reserved).toBe(0);
      }
      for (const { start, length } of ledger.owned) mounted.free(start, length, false);
      expect(freeSpace.free).toBe(initially);
      mounted.unmount();
      const { clean, output } = await e2fsck(mounted.disk);
      expect(clean, output).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('everything but what is kept back can be allocated, and again after it was freed and committed', () => {
  const mounted = new Mounted();
  const { sb } = mounted;
  for (let round = 0; round < 2; round++) {
    const runs: BlockRun[] = [];
    const expected = sb.freeSpace.free - sb.freeSpace.keptBack;
    let total = 0;
    for (;;) {
      try {
        const run = mounted.allocate(1, 8192);
        total += run.length;
        runs.push(run);
      } catch (error) {
        expect(noSpace(error)).toBe(true);
        break;
      }
    }
    expect(total).toBe(expected);
    for (const { start, length } of runs) mounted.free(start, length, false);
    expect(sb.blockAllocator.hasPendingFrees).toBe(true);
    // What is left uncommitted is only what was kept back.
    mounted.run(sb.journal.forceCommit());
    expect(sb.blockAllocator.hasPendingFrees).toBe(false);
  }
  mounted.unmount();
});

/** Ends each transfer when its worker runs, so that every read may suspend the reader. */
class SlowDisk implements BlockDevice {
  readonly sectors: number;
  readonly #disk: MemoryDisk;
  readonly #waiting: (() => void)[] = [];

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
    this.sectors = disk.sectors;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    this.#waiting.push(() => this.#disk.submit(bio, endIo));
  }

  *worker(): Sleepable<void> {
    for (;;) {
      yield* waitUntil('a transfer', () => this.#waiting.length > 0);
      this.#waiting.shift()?.();
    }
  }
}

test('tasks that allocate and free at the same time never get the same block', () => {
  const work = fc.array(fc.record({ goal: fc.nat(40_000), length: fc.integer({ min: 1, max: 6000 }) }), {
    minLength: 1,
    maxLength: 5,
  });
  const choices = fc.array(fc.nat(3), { maxLength: 200 });
  fc.assert(
    fc.property(fc.array(work, { minLength: 2, maxLength: 4 }), choices, (tasks, schedule) => {
      const device = new SlowDisk(newDisk({ sizeBytes: SIZE }));
      const scheduler = new Scheduler();
      scheduler.spawnDaemon('disk', device.worker());
      const mounted = new TestMount(device, {}, scheduler);
      const { sb } = mounted;
      const initially = sb.freeSpace.free;
      const ledger = new Ledger();
      scheduler.strategy = new Choices(schedule);
      const task = function* (requests: readonly { goal: number; length: number }[]): Sleepable<void> {
        for (const { goal, length } of requests) {
          const handle = yield* sb.journal.start(32);
          try {
            const request = { goal, length, useKeptBack: false, metadata: false, place: null };
            const run = yield* sb.blockAllocator.allocate(handle, null, request);
            ledger.take(run);
            yield* preempt();
            if (length % 2 === 0) {
              yield* sb.blockAllocator.free(handle, null, run.start, run.length, { metadata: false });
              ledger.give(run);
            }
          } catch (error) {
            if (!noSpace(error)) throw error;
          } finally {
            yield* handle.stop();
          }
        }
      };
      scheduler.runAll(tasks.map((requests, index) => ({ name: `task ${index}`, body: task(requests) })));
      expect(sb.freeSpace.free).toBe(initially - ledger.count);
      expect(sb.freeSpace.reserved).toBe(0);
      expect(mounted.sb.groups.reduce((sum, { raw }) => sum + freeBlocks(raw, 64), 0)).toBe(
        sb.freeSpace.free,
      );
    }),
    { numRuns: 60 },
  );
});

test('two tasks do not get together what only one of them can have', () => {
  const device = new SlowDisk(newDisk({ sizeBytes: SIZE }));
  const scheduler = new Scheduler();
  scheduler.spawnDaemon('disk', device.worker());
  const { sb } = new TestMount(device, {}, scheduler);
  // Delayed allocation was promised all but 100 blocks.
  sb.freeSpace.reserved = sb.freeSpace.free - sb.freeSpace.keptBack - 100;
  const runs: BlockRun[] = [];
  const task = function* (goal: number): Sleepable<void> {
    const handle = yield* sb.journal.start(32);
    const request = { goal, length: 80, useKeptBack: false, metadata: false, place: null };
    runs.push(yield* sb.blockAllocator.allocate(handle, null, request));
    yield* handle.stop();
  };
  // Both ask before either has read a bitmap. The second one is given half of half of what it wants.
  scheduler.strategy = new Choices([1, 1, 1, 1, 1, 1]);
  scheduler.runAll([
    { name: 'first', body: task(500) },
    { name: 'second', body: task(30_000) },
  ]);
  expect(runs.map(({ length }) => length).sort((left, right) => left - right)).toEqual([20, 80]);
});

test('a free goal is taken, for a used one the first place in its group that is large enough', () => {
  const mounted = new Mounted();
  expect(mounted.allocate(15_000, 10)).toEqual({ start: 15_000, length: 10 });
  const elsewhere = mounted.allocate(15_000, 10);
  // Blocks 8193 .. 16384.
  expect(elsewhere.length).toBe(10);
  expect(elsewhere.start).toBeGreaterThan(8192);
  expect(elsewhere.start).toBeLessThan(8192 + 1000);
  expect(mounted.allocate(14_995, 10)).toEqual({ start: 14_995, length: 5 });
});

test('what no file can own is not freed', () => {
  const mounted = new Mounted();
  const { start } = mounted.allocate(15_000, 1);
  // The superblock, the end of the file system, a block bitmap, and a block that is free.
  for (const [from, length] of [
    [1, 1],
    [36_863, 2],
    [300, 5],
    [start + 1, 1],
  ] as const) {
    expect(() => mounted.free(from, length, false), `${from}`).toThrow(Corruption);
  }
});

test('a group without a bitmap gets one with its first block', () => {
  const mounted = new Mounted();
  // Blocks 8193 .. 16384: superblock, descriptors and nothing else, so mke2fs leaves the bitmap to be computed.
  const [, group] = mounted.sb.groups;
  expect((group?.raw.flags ?? 0) & EXT4_BG_BLOCK_UNINIT).not.toBe(0);
  const { start } = mounted.allocate(16_000, 5);
  expect((group?.raw.flags ?? 0) & EXT4_BG_BLOCK_UNINIT).toBe(0);
  mounted.unmount();
  const again = new TestMount(mounted.disk);
  const request = { goal: start, length: 5, useKeptBack: false, metadata: false, place: null };
  expect(again.update((handle) => again.sb.blockAllocator.allocate(handle, null, request)).start).not.toBe(
    start,
  );
});

test('the unused end of an inode table shrinks with the highest inode in use, and never grows', () => {
  // Groups of one flex group would fill one after the other.
  const mounted = new Mounted({ features: ['^flex_bg'] });
  const { groups, geometry } = mounted.sb;
  const numbers = Array.from({ length: 30 }, (_, index) =>
    mounted.allocateInode(index % 2 ? DIRECTORY : FILE),
  );
  const highest = new Map<number, number>([[0, 11]]);
  for (const ino of numbers) {
    const group = Math.floor((ino - 1) / geometry.inodesPerGroup);
    highest.set(group, Math.max(highest.get(group) ?? 0, ino - group * geometry.inodesPerGroup));
  }
  expect(highest.size).toBeGreaterThan(1);
  for (const ino of numbers) mounted.freeInode(ino, numbers.indexOf(ino) % 2 ? DIRECTORY : FILE);
  for (const { number, raw } of groups) {
    expect(unusedInodes(raw, 64)).toBe(geometry.inodesPerGroup - (highest.get(number) ?? 0));
    expect((raw.flags & EXT4_BG_INODE_UNINIT) !== 0).toBe(!highest.has(number));
  }
});

const DIRECTORY = 0x41ed;
const FILE = 0x81a4;

test('inode numbers: each once, all of them, and counters agree', async () => {
  const mounted = new Mounted({ inodes: 64 });
  const { inodeAllocator, geometry, groups } = mounted.sb;
  const total = inodeAllocator.freeInodes;
  expect(total).toBe(geometry.inodes - 11);
  const found = new Map<number, number>();
  for (let index = 0; index < total; index++) {
    const mode = index % 3 === 0 ? DIRECTORY : FILE;
    const ino = mounted.allocateInode(mode);
    expect(ino).toBeGreaterThan(11);
    expect(ino).toBeLessThanOrEqual(geometry.inodes);
    expect(found.has(ino)).toBe(false);
    found.set(ino, mode);
  }
  expect(() => mounted.allocateInode(FILE)).toThrow(expect.objectContaining({ errno: 'ENOSPC' }) as Error);
  expect(groups.reduce((sum, { raw }) => sum + freeInodes(raw, 64), 0)).toBe(0);
  expect(inodeAllocator.directories).toBe(2 + Math.ceil(total / 3));
  for (const [ino, mode] of found) mounted.freeInode(ino, mode);
  expect(inodeAllocator.freeInodes).toBe(total);
  expect(() => mounted.freeInode(20, FILE)).toThrow(Corruption);
  expect(() => mounted.freeInode(2, DIRECTORY)).toThrow(Corruption);
  mounted.unmount();
  const { clean, output } = await e2fsck(mounted.disk);
  expect(clean, output).toBe(true);
});
