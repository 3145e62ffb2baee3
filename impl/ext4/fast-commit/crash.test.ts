import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RecordingDisk } from '../../jbd2/test-disk.ts';
import { mount } from '../../vfs/mount.ts';
import { e2fsck, inDirectory, load, save } from '../e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';
import { newDisk } from '../test-mount.fixture.ts';
import { kernelTree, ourTree, type Tree } from './power-cut.fixture.ts';
import { dice, randomRun, type Moment } from './random-run.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

/** TWINPATH_FAST_COMMIT_SEEDS says how many random runs there are. */
const SEEDS = Number(process.env['TWINPATH_FAST_COMMIT_SEEDS'] ?? 2);
const OPERATIONS = 60;

interface Run {
  readonly disk: RecordingDisk;
  readonly moments: readonly Moment[];
  readonly written: number;
}

function run(seed: number): Run {
  const features = seed % 3 === 2 ? ['fast_commit', '^metadata_csum'] : ['fast_commit'];
  const disk = new RecordingDisk(newDisk({ features }));
  const fs = mount(disk, { now: TIME, bufferedIomap: seed % 2 === 1 });
  fs.mkdir('/d');
  fs.sync();
  const moments = randomRun(fs, disk, seed, OPERATIONS);
  return { disk, moments, written: fs.sb.fastCommits?.written ?? 0 };
}

/** The trees that a power cut after `writes` writes may leave: none older than the last that was made durable. */
function permitted(moments: readonly Moment[], writes: number): Tree[] {
  const last = moments.findLastIndex((moment) => moment.durable && moment.writes <= writes);
  const next = moments.findIndex((moment) => moment.writes > writes);
  return moments.slice(last, next < 0 ? undefined : next + 1).map(({ tree }) => tree);
}

const seeds = Array.from({ length: SEEDS }, (_, index) => index);

test.each(seeds)(
  'run %i: a power cut at any write leaves a state not older than the last fsync',
  async (seed) => {
    const { disk, moments, written } = run(seed);
    expect(written).toBeGreaterThan(5);
    const roll = dice(seed + 1000);
    for (let count = (moments[0]?.writes ?? 0) + 1; count <= disk.writes.length; count++) {
      // Nothing, all, or any part of what was not made durable has arrived.
      const share = count % 3 === 0 ? 0 : count % 3 === 1 ? 1 : 0.5;
      const cut = disk.cut(count, () => roll() < share);
      const fs = mount(cut, { now: TIME });
      const tree = ourTree(fs);
      fs.unmount();
      // The last write may not have arrived, flushed or not.
      expect(permitted(moments, count - 1), `after ${count} writes`).toContainEqual(tree);
      if (count % 40 === 0) expect(await e2fsck(cut), `after ${count} writes`).toMatchObject({ clean: true });
    }
  },
);

test.for(seeds)('run %i: the kernel restores what we restore', async (seed, context) => {
  needsKernel(context);
  const { disk, moments } = run(seed);
  const durable = moments.filter(({ durable }) => durable).map(({ writes }) => writes);
  for (const count of [0.4, 0.7, 1].map((part) => durable[Math.floor(part * (durable.length - 1))] ?? 0)) {
    await inDirectory(async (path) => {
      const cut = disk.cut(count + 1, () => false);
      save(cut, path('cut'));
      copyFileSync(path('cut'), path('kernel'));
      const fs = mount(cut, { now: TIME });
      const tree = ourTree(fs);
      fs.unmount();
      expect(withKernelMount(path('kernel'), [], ({ directory }) => kernelTree(directory))).toEqual(tree);
      expect(await e2fsck(load(path('kernel')))).toMatchObject({ clean: true });
    });
  }
});
