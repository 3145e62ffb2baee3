import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlowDisk } from '../block/slow-disk.ts';
import { Failure } from '../lib/errno.ts';
import { Choices } from '../sched/choices.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { e2fsck } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

const NAMES = ['a', 'b', 'a/a', 'a/b', 'b/a', 'b/b', 'a/a/a', 'b/b/b'];
const path = fc.constantFrom(...NAMES);
const call = fc.oneof(
  fc.record({
    call: fc.constantFrom('create', 'mkdir', 'unlink', 'rmdir', 'stat', 'dropCaches'),
    path,
    to: path,
  }),
  fc.record({ call: fc.constantFrom('rename', 'rename', 'link'), path, to: path }),
);
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function* perform({ calls }: FileSystem, { call, path, to }: Call): Sleepable<void> {
  switch (call) {
    case 'create':
      return yield* calls.close(yield* calls.open(path, { access: 'write', create: true }, 0o644));
    case 'mkdir':
      return yield* calls.mkdir(path, 0o755);
    case 'dropCaches':
      yield* calls.sync();
      return yield* calls.dropCaches();
    case 'stat':
      yield* calls.stat(path);
      return;
    case 'rename':
    case 'link':
      return yield* calls[call](path, to);
    case 'unlink':
    case 'rmdir':
      return yield* calls[call](path);
  }
}

function* performAll(fs: FileSystem, list: readonly Call[]): Sleepable<void> {
  for (const call of list) {
    try {
      yield* perform(fs, call);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

test('calls of several tasks, however they interleave, neither lock up nor break anything', async () => {
  const lists = fc.array(fc.array(call, { minLength: 1, maxLength: 25 }), { minLength: 2, maxLength: 4 });
  const schedule = fc.array(fc.nat({ max: 4 }), { maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(lists, schedule, async (tasks, choices) => {
      const disk = newDisk();
      const slow = new SlowDisk(disk);
      const fs = testMount(slow);
      slow.slowDown(fs.sb.scheduler);
      fs.sb.scheduler.strategy = new Choices(choices);
      fs.sb.scheduler.preemptive = true;
      fs.concurrently(
        tasks.map((list, index) => ({ name: `task ${index}`, start: () => performAll(fs, list) })),
      );
      fs.unmount();
      expect(await e2fsck(disk)).toBe('clean');
    }),
    { numRuns: 40 },
  );
});
