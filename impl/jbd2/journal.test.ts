import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bio, BioStatus } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import type { BufferHead } from '../buffer/buffer-head.ts';
import { AssertionError, present } from '../lib/assert.ts';
import { Corruption } from '../lib/corruption.ts';
import { Failure } from '../lib/errno.ts';
import { Choices } from '../sched/choices.ts';
import { Scheduler } from '../sched/scheduler.ts';
import { preempt, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { Handle } from './handle.ts';
import { makeTestDisk, openJournal, RecordingDisk, SHAPE } from './test-disk.ts';

const { blockSize } = SHAPE;

/** Finishes transfers when and in the order that `next` says; a flush covers only what has finished. */
class SlowDisk implements BlockDevice {
  readonly sectors: number;
  /** While set, no transfer finishes. */
  paused = false;
  readonly #disk: RecordingDisk;
  readonly #waiting: { bio: Bio; endIo: (status: BioStatus) => void; copy: Uint8Array[] }[] = [];
  readonly #next: () => number;

  constructor(disk: RecordingDisk, next: () => number) {
    this.sectors = disk.sectors;
    this.#disk = disk;
    this.#next = next;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (bio.direction === 'read') this.#disk.submit(bio, endIo);
    else this.#waiting.push({ bio, endIo, copy: bio.segments.map((segment) => segment.slice()) });
  }

  *work(): Sleepable<void> {
    for (;;) {
      yield* waitUntil('something to write', () => this.#waiting.length > 0 && !this.paused);
      const [one] = this.#waiting.splice(this.#next() % this.#waiting.length, 1);
      const { bio, endIo, copy } = present(one, 'transfer');
      // Memory that changes while it is being written reaches the disk in pieces.
      for (const [index, segment] of bio.segments.entries())
        expect(Buffer.compare(segment, present(copy[index], 'copy'))).toBe(0);
      this.#disk.submit(bio, endIo);
      yield* preempt();
    }
  }
}

function read(disk: RecordingDisk, block: number): number {
  const data = new Uint8Array(blockSize);
  disk.snapshot().read(block * blockSize, data);
  const [first = 0] = data;
  return data.every((byte) => byte === first) ? first : -1;
}

type Opened = ReturnType<typeof openJournal>;

function opened(
  faults?: ReadonlySet<string>,
): Opened & { recording: RecordingDisk; write: (block: number, value: number) => void } {
  const recording = new RecordingDisk(makeTestDisk(SHAPE));
  const all = openJournal(recording, SHAPE, undefined, faults);
  const write = (block: number, value: number): void =>
    all.scheduler.run('write', update(all, [block], value));
  return { ...all, recording, write };
}

function* change(handle: Handle, buffer: BufferHead, value: number): Sleepable<void> {
  yield* handle.getWriteAccess(buffer);
  buffer.data.fill(value);
  handle.dirtyMetadata(buffer);
}

function* update({ journal, cache }: Opened, blocks: readonly number[], value: number): Sleepable<void> {
  const handle = yield* journal.start(blocks.length);
  for (const block of blocks) yield* change(handle, cache.getblk(block), value);
  yield* handle.stop();
}

describe('many tasks, a slow disk, any schedule', () => {
  /**
   * Every update gives one pair of blocks one new number. After a cut both blocks of each pair agree, and are no older
   * than what somebody was told is durable.
   */
  const PAIRS = 4;

  function play(
    choices: readonly number[],
    order: readonly number[],
    faults: ReadonlySet<string>,
  ): string | null {
    const recording = new RecordingDisk(makeTestDisk(SHAPE));
    const scheduler = new Scheduler(new Choices(choices));
    let position = 0;
    const slow = new SlowDisk(recording, () => order[position++ % order.length] ?? 0);
    const pump = scheduler.spawnDaemon('disk', slow.work());
    const all = openJournal(slow, SHAPE, scheduler, faults);
    const acknowledged: { writes: number; pair: number; value: number }[] = [];
    const values = new Array<number>(PAIRS).fill(0);

    function* task(seed: number): Sleepable<void> {
      for (let round = 0; round < 5; round++) {
        const pair = (seed + round * 3) % PAIRS;
        const handle = yield* all.journal.start(2);
        const buffers = [all.cache.getblk(pair * 2), all.cache.getblk(pair * 2 + 1)];
        for (const buffer of buffers) yield* handle.getWriteAccess(buffer);
        const value = (values[pair] ?? 0) + 1;
        values[pair] = value;
        for (const buffer of buffers) {
          buffer.data.fill(value);
          handle.dirtyMetadata(buffer);
        }
        yield* preempt();
        const { tid } = handle.transaction;
        yield* handle.stop();
        if ((seed + round) % 3 !== 0) continue;
        yield* all.journal.waitForCommit(tid);
        acknowledged.push({ writes: recording.writes.length, pair, value });
        if ((seed + round) % 2 === 0) yield* all.journal.flush();
      }
    }

    scheduler.runAll([0, 1, 2].map((seed) => ({ name: `task ${seed}`, body: task(seed) })));
    scheduler.stop(pump);
    for (let count = 1; count <= recording.writes.length; count++) {
      const recovered = new RecordingDisk(
        recording.cut(count, () => (order[position++ % order.length] ?? 0) % 2 === 0),
      );
      try {
        openJournal(recovered, SHAPE);
      } catch (error) {
        if (!(error instanceof Corruption)) throw error;
        return `after ${count} writes: ${error.message}`;
      }
      for (let pair = 0; pair < PAIRS; pair++) {
        const [left, right] = [read(recovered, pair * 2), read(recovered, pair * 2 + 1)];
        if (left !== right || left < 0) return `after ${count} writes pair ${pair} is ${left} and ${right}`;
        const floor = Math.max(
          0,
          ...acknowledged.filter((ack) => ack.pair === pair && ack.writes < count).map((ack) => ack.value),
        );
        if (left < floor) return `after ${count} writes pair ${pair} is ${left}, promised ${floor}`;
      }
    }
    return null;
  }

  const choices = fc.array(fc.nat(3), { minLength: 0, maxLength: 300, size: 'max' });
  const order = fc.array(fc.nat(5), { minLength: 3, maxLength: 17, size: 'max' });

  test('updates are atomic and durable when promised', () => {
    fc.assert(
      fc.property(choices, order, (schedule, disk) => {
        expect(play(schedule, disk, new Set())).toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  test('the test above finds a commit without a flush', () => {
    const faults = new Set(['jbd2-commit-without-flush']);
    const result = fc.check(
      fc.property(choices, order, (schedule, disk) => play(schedule, disk, faults) === null),
      { numRuns: 30, seed: 3, endOnFailure: true },
    );
    expect(String(result.errorInstance)).toContain('returning false');
  });
});

describe('handles', () => {
  test('home blocks stay as they were until a checkpoint', () => {
    const { recording, scheduler, journal, write } = opened();
    write(5, 7);
    scheduler.run('commit', journal.forceCommit());
    expect(read(recording, 5)).toBe(0);
    scheduler.run('flush', journal.flush());
    expect(read(recording, 5)).toBe(7);
  });

  test('a checkpoint never takes uncommitted contents home', () => {
    const all = opened();
    const { recording, scheduler, journal, cache, write } = all;
    write(5, 7);
    scheduler.run('commit', journal.forceCommit());
    const handle = scheduler.run('start', journal.start(1));
    scheduler.run('change', change(handle, cache.getblk(5), 8));
    expect(cache.dirtyBuffers()).toEqual([]);
    scheduler.run('stop', handle.stop());
    scheduler.run('flush', journal.flush());
    expect(read(recording, 5)).toBe(8);
  });

  test('a buffer that was asked for and not changed is still written home', () => {
    const { recording, scheduler, journal, cache, write } = opened();
    write(5, 7);
    scheduler.run('commit', journal.forceCommit());
    const handle = scheduler.run('start', journal.start(1));
    scheduler.run('access', handle.getWriteAccess(cache.getblk(5)));
    scheduler.run('stop', handle.stop());
    scheduler.run('flush', journal.flush());
    expect(read(recording, 5)).toBe(7);
  });

  test('a reserved handle joins a transaction that is locked, and its commit waits for it', () => {
    const all = opened();
    const { scheduler, journal, cache, recording } = all;
    const first = scheduler.run('start', journal.start(1, 2));
    const reserved = present(first.takeReserved(), 'reservation');
    expect(first.takeReserved()).toBeNull();
    const { tid } = first.transaction;
    let joined = false;
    function* holder(): Sleepable<void> {
      yield* waitUntil('locked', () => first.transaction.state === 'locked');
      const second = yield* journal.startReserved(reserved);
      joined = second.transaction === first.transaction;
      yield* change(second, cache.getblk(1), 1);
      yield* second.stop();
      yield* first.stop();
    }
    function* committer(): Sleepable<void> {
      yield* journal.waitForCommit(tid);
    }
    scheduler.runAll([
      { name: 'committer', body: committer() },
      { name: 'holder', body: holder() },
    ]);
    expect(joined).toBe(true);
    scheduler.run('flush', journal.flush());
    expect(read(recording, 1)).toBe(1);
    expect(journal.state.reservedCredits).toBe(0);
  });

  test('a handle that gives back its reservation leaves no credits behind', () => {
    const { scheduler, journal } = opened();
    const handle = scheduler.run('start', journal.start(1, 20));
    scheduler.run('stop', handle.stop());
    const other = scheduler.run('start', journal.start(1, 20));
    const reserved = present(other.takeReserved(), 'reservation');
    scheduler.run('stop', other.stop());
    expect(journal.state.reservedCredits).toBe(20);
    journal.releaseReserved(reserved);
    expect(journal.state.reservedCredits).toBe(0);
  });

  test('a transaction that is full is committed, and the next handle goes to another', () => {
    const { scheduler, journal, cache } = opened();
    const { maxTransactionBlocks } = journal;
    expect(maxTransactionBlocks).toBe(SHAPE.journalBlocks / 4);
    const first = scheduler.run('start', journal.start(200));
    expect(scheduler.run('extend', first.extend(100))).toBe(false);
    expect(scheduler.run('extend', first.extend(10))).toBe(true);
    expect(first.hasCredits(210)).toBe(true);
    scheduler.run('stop', first.stop());
    // Unused credits went back: the same transaction has room for 200 more, and then for as many as were changed less.
    const second = scheduler.run('start', journal.start(200));
    expect(second.transaction).toBe(first.transaction);
    for (let block = 0; block < 100; block++) scheduler.run('change', change(second, cache.getblk(block), 1));
    scheduler.run('stop', second.stop());
    const third = scheduler.run('start', journal.start(200));
    expect(third.transaction.tid).toBe(first.transaction.tid + 1);
    expect(journal.isCommitted(first.transaction.tid)).toBe(true);
    scheduler.run('stop', third.stop());
    expect(() => scheduler.run('start', journal.start(maxTransactionBlocks + 1))).toThrow(
      expect.objectContaining({ errno: 'ENOSPC' }),
    );
  });

  test('changing more blocks than asked for is our own mistake', () => {
    const all = opened();
    const { scheduler, journal, cache } = all;
    const handle = scheduler.run('start', journal.start(1));
    scheduler.run('change', change(handle, cache.getblk(1), 1));
    scheduler.run('change', change(handle, cache.getblk(1), 2));
    expect(() => scheduler.run('change', change(handle, cache.getblk(2), 1))).toThrow(AssertionError);
  });

  test('a synchronous handle is durable when it stops; callbacks run then, not before', () => {
    const { scheduler, journal, cache } = opened();
    const handle = scheduler.run('start', journal.start(1));
    handle.sync = true;
    let called = false;
    handle.transaction.onCommit(() => (called = true));
    scheduler.run('change', change(handle, cache.getblk(1), 1));
    expect(called).toBe(false);
    const { tid } = handle.transaction;
    expect(journal.isCommitted(tid)).toBe(false);
    scheduler.run('stop', handle.stop());
    expect(called).toBe(true);
    expect(journal.isCommitted(tid)).toBe(true);
    expect(scheduler.run('nothing to do', journal.forceCommit())).toBe(false);
  });

  test('ordered data is written before the commit block', () => {
    const { scheduler, journal, recording, cache } = opened();
    const handle = scheduler.run('start', journal.start(1));
    let writesBefore = -1;
    handle.addOrderedInode({
      owner: {},
      *writeOrdered() {
        writesBefore = recording.writes.length;
      },
    });
    scheduler.run('change', change(handle, cache.getblk(1), 1));
    scheduler.run('stop', handle.stop());
    scheduler.run('commit', journal.forceCommit());
    expect(writesBefore).toBe(0);
    expect(recording.writes.at(-1)).toMatchObject({ preflush: true, fua: true });
  });
});

describe('a block that was freed', () => {
  /** Frees block 9 in its own handle; `done` runs when the block may be used for something else. */
  function* free({ journal, cache }: Opened, done: () => void): Sleepable<void> {
    const handle = yield* journal.start(1);
    handle.transaction.onCommit(done);
    yield* handle.revoke(9, cache.find(9));
    yield* handle.stop();
  }

  test('while the transaction that logged it was committing: the log keeps it, its home is not written', () => {
    const recording = new RecordingDisk(makeTestDisk(SHAPE));
    const scheduler = new Scheduler();
    const slow = new SlowDisk(recording, () => 0);
    const pump = scheduler.spawnDaemon('disk', slow.work());
    const all = openJournal(slow, SHAPE, scheduler);
    const { journal, cache } = all;
    let reusable = false;
    function* story(): Sleepable<void> {
      yield* update(all, [9, 10], 1);
      const { tid } = present(journal.state.running, 'transaction');
      slow.paused = true;
      journal.state.requestCommit(tid);
      yield* waitUntil('committing', () => journal.state.committing?.tid === tid);
      yield* free(all, () => (reusable = true));
      slow.paused = false;
      yield* waitUntil('committed', () => journal.isCommitted(tid));
      expect(cache.find(9)?.dirty).toBe(false);
      expect(cache.find(10)?.dirty).toBe(true);
      // Recovery at this moment needs the block.
      const recovered = new RecordingDisk(recording.snapshot());
      openJournal(recovered, SHAPE);
      expect([read(recovered, 9), read(recovered, 10)]).toEqual([1, 1]);
      expect(reusable).toBe(false);
      yield* journal.flush();
    }
    scheduler.run('story', story());
    scheduler.stop(pump);
    expect(reusable).toBe(true);
    expect(cache.find(9)).toBeNull();
    expect([read(recording, 9), read(recording, 10)]).toEqual([0, 1]);
  });

  test('and that no transaction had logged before does not reach the log; as metadata again it does', () => {
    const all = opened();
    const { scheduler, journal, recording, write } = all;
    write(9, 1);
    scheduler.run(
      'free',
      free(all, () => undefined),
    );
    expect(present(journal.state.running, 'transaction').revokes.has(9)).toBe(true);
    write(9, 2);
    expect(present(journal.state.running, 'transaction').revokes.has(9)).toBe(false);
    scheduler.run('commit', journal.forceCommit());
    const recovered = new RecordingDisk(recording.snapshot());
    openJournal(recovered, SHAPE);
    expect(read(recovered, 9)).toBe(2);
  });

  test('after its commit: a checkpoint of the older transaction does not write it', () => {
    const all = opened();
    const { scheduler, journal, recording, write } = all;
    write(9, 1);
    scheduler.run('commit', journal.forceCommit());
    scheduler.run(
      'free',
      free(all, () => undefined),
    );
    scheduler.run('commit', journal.forceCommit());
    scheduler.run('flush', journal.flush());
    expect(read(recording, 9)).toBe(0);
  });
});

describe('an error of the disk', () => {
  test.each([
    ['the log', 1],
    ['the commit block', 2],
  ])('in %s aborts the journal: nothing of the transaction reaches the disk', (_, nth) => {
    const { scheduler, journal, recording, write, cache } = opened();
    write(1, 1);
    scheduler.run('commit', journal.forceCommit());
    write(2, 2);
    let count = 0;
    recording.failing = () => ++count === nth;
    expect(() => scheduler.run('commit', journal.forceCommit())).toThrow(
      expect.objectContaining({ errno: 'EIO' }),
    );
    expect(journal.aborted).toBe(true);
    expect(() => scheduler.run('start', journal.start(1))).toThrow(
      expect.objectContaining({ errno: 'EROFS' }),
    );
    expect(cache.dirtyBuffers().map(({ block }) => block)).not.toContain(2);
    scheduler.run('close', journal.close());
    const recovered = new RecordingDisk(recording.snapshot());
    openJournal(recovered, SHAPE);
    expect([read(recovered, 1), read(recovered, 2)]).toEqual([1, 0]);
  });

  test('in a home block leaves the log as it is', () => {
    const { scheduler, journal, recording, write } = opened();
    write(1, 1);
    scheduler.run('commit', journal.forceCommit());
    recording.failing = (sector) => sector === (1 * blockSize) / 512;
    expect(() => scheduler.run('flush', journal.flush())).toThrow(Failure);
    const recovered = new RecordingDisk(recording.snapshot());
    openJournal(recovered, SHAPE);
    expect(read(recovered, 1)).toBe(1);
  });
});
