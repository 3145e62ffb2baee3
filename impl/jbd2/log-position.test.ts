import { expect, test } from 'vitest';
import { JournalSuperblockLayout } from './layout/superblock.ts';
import { journalPlaces, makeTestDisk, openJournal, RecordingDisk, SHAPE } from './test-disk.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Sleepable } from '../sched/sleepable.ts';

/** Where the log goes on after a mount (s_head), and that it goes on at its beginning after its end. */

const { blockSize, journalBlocks } = SHAPE;

function superblockOf(disk: MemoryDisk): { start: number; head: number; sequence: number } {
  const [place = 0] = journalPlaces(SHAPE);
  const data = new Uint8Array(blockSize);
  disk.read(place * blockSize, data);
  const { start, head, sequence } = JournalSuperblockLayout.at(new DataView(data.buffer));
  return { start, head, sequence };
}

type Opened = ReturnType<typeof openJournal>;

function* fill({ journal, cache }: Opened, block: number, value: number): Sleepable<void> {
  const handle = yield* journal.start(1);
  const buffer = cache.getblk(block);
  yield* handle.getWriteAccess(buffer);
  buffer.data.fill(value);
  handle.dirtyMetadata(buffer);
  yield* handle.stop();
}

/** Fills home blocks with a value, one transaction each. */
function commit(all: Opened, blocks: number, value: number): void {
  for (let block = 0; block < blocks; block++) {
    all.scheduler.run('write', fill(all, block, value));
    all.scheduler.run('commit', all.journal.forceCommit());
  }
}

function firstByte(disk: MemoryDisk, block: number): number {
  const data = new Uint8Array(blockSize);
  disk.read(block * blockSize, data);
  return data[0] ?? -1;
}

/** A transaction of one block takes three: descriptor, data, commit. */
const BLOCKS_OF_ONE = 3;

test('the next mount goes on where the log was when it became empty', () => {
  const recording = new RecordingDisk(makeTestDisk(SHAPE));
  const first = openJournal(recording, SHAPE);
  commit(first, 4, 1);
  first.scheduler.run('close', first.journal.close());
  const closed = superblockOf(recording.snapshot());
  expect(closed).toMatchObject({ start: 0, head: 1 + 4 * BLOCKS_OF_ONE });

  const second = openJournal(recording, SHAPE);
  commit(second, 1, 2);
  expect(superblockOf(recording.snapshot()).start).toBe(closed.head);
});

test('after a power cut the log goes on behind the last transaction that was replayed', () => {
  const recording = new RecordingDisk(makeTestDisk(SHAPE));
  commit(openJournal(recording, SHAPE), 5, 1);
  const cut = recording.snapshot();
  expect(superblockOf(cut).start).toBe(1);
  openJournal(cut, SHAPE);
  expect(superblockOf(cut)).toMatchObject({ start: 0, head: 1 + 5 * BLOCKS_OF_ONE });
});

test.each(Array.from({ length: 2 * BLOCKS_OF_ONE }, (_, left) => left + 1))(
  'transactions that cross the end of the log are replayed, %i blocks before it',
  (left) => {
    const recording = new RecordingDisk(makeTestDisk(SHAPE, 1, journalBlocks - left));
    commit(openJournal(recording, SHAPE), 4, 9);
    const cut = recording.snapshot();
    expect(superblockOf(cut).start).toBe(journalBlocks - left);
    openJournal(cut, SHAPE);
    expect([0, 1, 2, 3].map((block) => firstByte(cut, block))).toEqual([9, 9, 9, 9]);
    expect(superblockOf(cut).head).toBe(1 + 4 * BLOCKS_OF_ONE - left);
  },
);

test.each([0, journalBlocks, 0xffffffff])('a log has no block %i to go on at: it begins anew', (head) => {
  const disk = makeTestDisk(SHAPE, 1, head);
  commit(openJournal(disk, SHAPE), 1, 1);
  expect(superblockOf(disk).start).toBe(1);
});
