import { execaSync } from 'execa';
import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { RecordingDisk } from '../../jbd2/test-disk.ts';
import { mount } from '../../vfs/mount.ts';
import { e2fsck, inDirectory, load } from '../e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';
import { cutInKernel, kernelTree, ourTree, type Tree } from './power-cut.fixture.ts';
import { dice } from './random-run.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

interface Case {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Further options of mke2fs. */
  readonly features?: readonly string[];
  /** Where the kernel cannot mount what it wrote, or e2fsck restores something else than the kernel. */
  readonly disagrees?: readonly ('kernel' | 'e2fsck')[];
}

const CASES: readonly Case[] = [
  {
    name: 'files are made, written and extended',
    before: '',
    after: `
a = put("a", 3000); os.fsync(a)
b = put("b", 70000); os.fsync(b)
os.pwrite(a, b"x" * 5000, 2500); os.fsync(a)
done()`,
  },
  {
    name: 'a file is cut and grows again, with holes',
    before: 'a = put("a", 50000)',
    after: `
os.ftruncate(a, 1500); os.fsync(a)
os.pwrite(a, b"y" * 3000, 30000); os.fsync(a)
os.ftruncate(a, 31000); os.fsync(a)`,
  },
  {
    name: 'a file of many extents, whose tree grows in the replay',
    before: '',
    after: `
a = put("a")
for i in range(60): os.pwrite(a, b"k" * 1024, i * 3072)
os.fsync(a)
os.ftruncate(a, 40000)
os.fsync(a)`,
  },
  {
    name: 'names come, go and move',
    before: 'a = put("a", 5000); c = put("c", 100); os.mkdir("d")',
    after: `
os.link("a", "d/l"); os.rename("c", "d/c"); done()
os.unlink("a"); os.rename("d/c", "e"); done()`,
  },
  {
    name: 'a closed file is deleted, and its number used again',
    before: 'os.close(put("a", 5000)); os.close(put("b", 9000))',
    after: `
os.unlink("a"); done()
n = put("n", 70); os.fsync(n)
os.unlink("b"); done()`,
    disagrees: ['e2fsck'],
  },
  {
    name: 'a file that is larger than the log is deleted, with indirect blocks',
    before: 'os.close(put("a", 9000000))',
    after: 'os.unlink("a"); done()',
    features: ['-b', '1024', '-O', '^extent,^64bit', '-J', 'size=1'],
    disagrees: ['kernel', 'e2fsck'],
  },
  {
    name: 'a file that is open is replaced',
    before: 'a = put("a", 5000); b = put("b", 3000)',
    after: 'os.rename("a", "b"); done()',
    disagrees: ['kernel', 'e2fsck'],
  },
  {
    name: 'an open file is deleted and written',
    before: 'a = put("a", 5000)',
    after: 'os.unlink("a"); os.write(a, b"y" * 9000); os.fsync(a)',
    disagrees: ['kernel', 'e2fsck'],
  },
  {
    name: 'small contents leave the inode',
    before: 'a = put("a", 10); b = put("b", 40)',
    after: `
os.pwrite(a, b"y" * 3000, 5); os.fsync(a)
os.ftruncate(b, 9000); os.fsync(b); done()`,
    features: ['-O', 'inline_data'],
    disagrees: ['kernel', 'e2fsck'],
  },
  {
    name: 'directories are made and filled',
    before: 'os.mkdir("old")',
    after: `
os.mkdir("d"); os.mkdir("d/e"); done()
a = put("d/e/a", 5000); os.fsync(a)
for i in range(9): os.close(put("d/" + "n" * 30 + str(i), 1))
done()`,
    disagrees: ['e2fsck'],
  },
  {
    name: 'a directory is removed',
    before: 'os.mkdir("d"); os.mkdir("e")',
    after: 'os.rmdir("d"); done()',
    disagrees: ['e2fsck'],
  },
  {
    name: 'attributes of files change, also of one with a block of attributes',
    before: 'a = put("a", 3000); os.setxattr("a", "user.x", b"v" * 700)',
    after: `
os.chmod("a", 0o600); os.utime("a", (1e9, 1e9)); os.fsync(a)
os.chown("last", 5, 6); done()`,
  },
  {
    name: 'clusters',
    before: 'a = put("a", 20000)',
    after: `
os.ftruncate(a, 5000); b = put("b", 100000); os.fsync(b)
os.pwrite(a, b"z" * 100, 90000); os.fsync(a)`,
    features: ['-O', 'bigalloc', '-b', '4096', '-N', '64'],
    disagrees: ['e2fsck'],
  },
  {
    name: 'blocks of 4 KiB without checksums',
    before: 'a = put("a", 20000)',
    after: 'b = put("b", 30000); os.fsync(b); os.rename("b", "c"); os.write(a, b"1" * 9000); os.fsync(a)',
    features: ['-O', '^metadata_csum', '-b', '4096'],
  },
];

function recoveredByKernel(path: (name: string) => string): Tree {
  copyFileSync(path('cut'), path('kernel'));
  return withKernelMount(path('kernel'), [], ({ directory }) => kernelTree(directory));
}

function recoveredByE2fsck(path: (name: string) => string): Tree {
  copyFileSync(path('cut'), path('e2fsck'));
  execaSync('e2fsck', ['-fy', path('e2fsck')], { reject: false });
  return treeOf(load(path('e2fsck')));
}

function treeOf(disk: MemoryDisk): Tree {
  const fs = mount(disk, { readOnly: true, now: TIME });
  const tree = ourTree(fs);
  fs.unmount();
  return tree;
}

test.for(CASES)('$name: we replay what the kernel wrote', async (one, context) => {
  needsKernel(context);
  await inDirectory(async (path) => {
    cutInKernel(path, one.features ?? [], one);
    expect(execaSync('debugfs', ['-R', 'logdump -c', path('cut')]).stdout).toMatch(/tag TAIL/);
    const disk = load(path('cut'));
    const fs = mount(disk, { now: TIME });
    expect(fs.notices).toEqual(['recovery complete']);
    const tree = ourTree(fs);
    const crashed = disk.snapshot();
    fs.unmount();
    expect(await e2fsck(disk)).toMatchObject({ clean: true });
    expect(treeOf(disk)).toEqual(tree);
    expect(treeOf(crashed)).toEqual(tree);
    if (!one.disagrees?.includes('kernel')) expect(tree).toEqual(recoveredByKernel(path));
    if (!one.disagrees?.includes('e2fsck')) expect(tree).toEqual(recoveredByE2fsck(path));
  });
});

test.for([2, 4])(
  'after a power cut in the middle of replaying case %i it starts again',
  async (number, context) => {
    needsKernel(context);
    await inDirectory(async (path) => {
      const one = CASES[number];
      if (one === undefined) throw new Error('no such case');
      cutInKernel(path, one.features ?? [], one);
      const disk = new RecordingDisk(load(path('cut')));
      const fs = mount(disk, { now: TIME });
      const tree = ourTree(fs);
      const writes = disk.writes.length;
      fs.unmount();
      expect(writes).toBeGreaterThan(4);
      for (let count = 0; count <= disk.writes.length; count++) {
        // By turns everything that was written arrived, or only what had to.
        const cut = disk.cut(count, () => count % 2 === 0);
        expect(
          treeOf(cut),
          `after ${count} of ${disk.writes.length} writes, ${writes} of them of the mount`,
        ).toEqual(tree);
        if (count === writes || count === writes >> 1)
          expect(await e2fsck(cut)).toMatchObject({ clean: true });
      }
    });
  },
);

/** TWINPATH_FAST_COMMIT_SEEDS says how many random runs there are. */
const SEEDS = Number(process.env['TWINPATH_FAST_COMMIT_SEEDS'] ?? 2);

/** Lines of python that do what files allow, closed ones, with an fsync now and then. */
function randomScript(seed: number): string {
  const roll = dice(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T;
  const names = ['"a"', '"b"', '"c"', '"d/a"', '"d/b"', '"d/e"'];
  const lines = ['def step(call):', '  try: call()', '  except OSError: pass'];
  for (let index = 0; index < 40; index++) {
    const [name, other] = [pick(names), pick(names)];
    const number = Math.floor(roll() * 30_000);
    const call = pick([
      `put_synced(${name}, ${number})`,
      `os.close(put(${name}, 0))`,
      `os.truncate(${name}, ${number})`,
      `os.link(${name}, ${other})`,
      `os.rename(${name}, ${other})`,
      `os.unlink(${name})`,
      `os.chmod(${name}, ${number % 512})`,
      'done()',
      'done()',
      'done()',
    ]);
    lines.push(`step(lambda: ${call})`);
  }
  return [...lines, 'done()'].join('\n');
}

test.for(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'random run %i of the kernel',
  async (seed, context) => {
    needsKernel(context);
    await inDirectory(async (path) => {
      const features = seed % 2 === 0 ? ['-b', '1024'] : ['-b', '4096', '-O', '^metadata_csum'];
      const live = cutInKernel(path, features, { before: 'os.mkdir("d")', after: randomScript(seed) });
      const disk = load(path('cut'));
      const fs = mount(disk, { now: TIME });
      const tree = ourTree(fs);
      fs.unmount();
      expect(await e2fsck(disk)).toMatchObject({ clean: true });
      // Linux itself cannot mount one such image in ten.
      expect(tree).toEqual(live);
    });
  },
);
