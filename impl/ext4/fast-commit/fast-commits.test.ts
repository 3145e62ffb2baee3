import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlowDisk } from '../../block/slow-disk.ts';
import { RecordingDisk } from '../../jbd2/test-disk.ts';
import { Failure } from '../../lib/errno.ts';
import { Choices } from '../../sched/choices.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { mount } from '../../vfs/mount.ts';
import { e2fsck } from '../e2fsprogs.fixture.ts';
import { newDisk } from '../test-mount.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

/** What an fsync has promised. */
interface Promised {
  readonly path: string;
  readonly size: number;
  /** Writes that the device had seen when it returned. */
  readonly writes: number;
}

/** Appends to a file of its own, each time with an fsync. */
function* append(
  { calls }: FileSystem,
  disk: RecordingDisk,
  path: string,
  sizes: readonly number[],
  promises: Promised[],
): Sleepable<void> {
  const fd = yield* calls.open(path, { access: 'read-write', create: true }, 0o644);
  let size = 0;
  for (const length of sizes) {
    size += yield* calls.pwrite(fd, new Uint8Array(length).fill(path.charCodeAt(1)), size);
    yield* calls.fsync(fd);
    promises.push({ path, size, writes: disk.writes.length });
  }
  yield* calls.close(fd);
}

/** Names that come and go meanwhile, now and then something that needs a full commit. */
function* disturb({ calls }: FileSystem, names: readonly number[]): Sleepable<void> {
  for (const name of names) {
    try {
      if (name % 7 === 0) yield* calls.mkdir(`/m${name}`, 0o755);
      else if (name % 3 === 0) yield* calls.unlink(`/n${name % 4}`);
      else if (name % 3 === 1) yield* calls.rename(`/n${name % 4}`, `/n${(name + 1) % 4}`);
      else yield* calls.close(yield* calls.open(`/n${name % 4}`, { access: 'write', create: true }, 0o600));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
}

function* sizeOf({ calls }: FileSystem, path: string): Sleepable<number> {
  return (yield* calls.stat(path)).size;
}

test('tasks that fsync at the same time, however they interleave, all find theirs after a power cut', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 });
  const names = fc.array(fc.nat({ max: 50 }), { maxLength: 20 });
  const schedule = fc.array(fc.nat({ max: 4 }), { maxLength: 400 });
  const where = fc.double({ min: 0, max: 1, noNaN: true });
  let written = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(sizes, sizes, sizes),
      names,
      schedule,
      where,
      fc.boolean(),
      async (lists, noise, choices, part, bufferedIomap) => {
        const disk = new RecordingDisk(newDisk({ features: ['fast_commit'] }));
        const slow = new SlowDisk(disk);
        const fs = mount(slow, { now: TIME, bufferedIomap });
        fs.mkdir('/made');
        fs.sync();
        slow.slowDown(fs.sb.scheduler);
        fs.sb.scheduler.strategy = new Choices(choices);
        const promises: Promised[] = [];
        const tasks = lists.map((list, index) => ({
          name: `task ${index}`,
          start: () => append(fs, disk, `/${'abc'[index] ?? ''}`, list, promises),
        }));
        fs.concurrently([...tasks, { name: 'noise', start: () => disturb(fs, noise) }]);
        written += fs.sb.fastCommits?.written ?? 0;
        const count = Math.floor(part * disk.writes.length) + 1;
        const cut = disk.cut(count, () => false);
        const again = mount(cut, { now: TIME });
        for (const { path, size, writes } of promises) {
          if (writes >= count) continue;
          expect(again.sb.scheduler.run('stat', sizeOf(again, path)), path).toBeGreaterThanOrEqual(size);
          const bytes = new Uint8Array(size);
          const fd = again.open(path, { access: 'read' });
          again.pread(fd, bytes, 0);
          again.close(fd);
          expect(bytes.every((byte) => byte === path.charCodeAt(1))).toBe(true);
        }
        again.unmount();
        if (choices.length % 4 === 0) expect(await e2fsck(cut)).toMatchObject({ clean: true });
      },
    ),
    { numRuns: 60 },
  );
  expect(written).toBeGreaterThan(100);
});
