import { MemoryDisk } from '../block/memory-disk.ts';
import { bench, describe } from 'vitest';
import type { Sleepable } from '../sched/sleepable.ts';
import { makeTestDisk, openJournal, SHAPE, type TestShape } from './test-disk.ts';

const shape: TestShape = { ...SHAPE, blockSize: 4096, homeBlocks: 256, journalBlocks: 4096 };

/** Changes eight blocks in one handle. */
function* update({ journal, cache }: ReturnType<typeof openJournal>, first: number): Sleepable<void> {
  const handle = yield* journal.start(8);
  for (let index = 0; index < 8; index++) {
    const buffer = cache.getblk((first + index) % shape.homeBlocks);
    yield* handle.getWriteAccess(buffer);
    buffer.data[17] = first;
    handle.dirtyMetadata(buffer);
  }
  yield* handle.stop();
}

function* startAndStop({ journal }: ReturnType<typeof openJournal>, count: number): Sleepable<void> {
  for (let index = 0; index < count; index++) {
    const handle = yield* journal.start(8);
    yield* handle.stop();
  }
}

describe('journal on a MemoryDisk, blocks of 4 KiB', () => {
  const disk: MemoryDisk = makeTestDisk(shape);
  const opened = openJournal(disk, shape);
  let next = 0;

  bench('a transaction of eight buffers, with its commit and its share of the checkpoints', () => {
    opened.scheduler.run('update', update(opened, next));
    opened.scheduler.run('commit', opened.journal.forceCommit());
    next += 8;
  });

  bench('the same eight buffers again and again', () => {
    opened.scheduler.run('update', update(opened, 0));
    opened.scheduler.run('commit', opened.journal.forceCommit());
  });

  bench('1000 handles started and stopped', () => {
    opened.scheduler.run('handles', startAndStop(opened, 1000));
  });

  bench('an update of eight buffers without a commit', () => {
    opened.scheduler.run('update', update(opened, 0));
  });
});
