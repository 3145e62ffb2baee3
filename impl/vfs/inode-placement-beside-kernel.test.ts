import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { describe, expect } from 'vitest';
import { loadImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { testMount } from './test-mount.fixture.ts';

const DIRECTORIES = 10;
const FILES = 3;

/** A directory of the root, one in it, and files in both. */
const namesOf = (top: string): string[] => [
  `${top}/`,
  `${top}/sub/`,
  ...filesIn(top),
  ...filesIn(`${top}/sub`),
];

function filesIn(directory: string): string[] {
  return Array.from({ length: FILES }, (_, index) => `${directory}/f${index}`);
}

/** What is made in one mount: the kernel's counters lag behind, each processor has its share, but a mount counts anew. */
const MOUNTS = Array.from({ length: DIRECTORIES }, (_, index) => namesOf(`top${index}`));

const SCRIPT = `
import json, os, sys
os.chdir(sys.argv[1])
names = json.load(open(sys.argv[2]))
for name in names:
    if name.endswith('/'): os.mkdir(name)
    else: os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
print(json.dumps([os.stat(name).st_ino for name in names]))
`;

function make(fs: FileSystem, names: readonly string[]): number[] {
  for (const name of names) {
    if (name.endsWith('/')) fs.mkdir(name);
    else fs.close(fs.open(name, { access: 'write', create: true }));
  }
  return names.map((name) => fs.stat(name).ino);
}

describe('new inodes', () => {
  const inodes = ['-N', '2048', '-E', 'lazy_itable_init=0,hash_seed=11111111-2222-3333-4444-555555555555'];
  const groups = ['-b', '1024', '-g', '1024', '-J', 'size=1'];
  for (const flex of [
    ['-O', '^flex_bg'],
    ['-G', '4'],
    ['-G', '16'],
  ]) {
    scriptedKernelTest(`lie where Linux puts them, with ${flex.join(' ')}`, async () => {
      await withDir(
        async ({ path }) => {
          const image = `${path}/image`;
          await execa('mke2fs', ['-q', '-F', '-t', 'ext4', ...groups, ...flex, ...inodes, image, '32M']);
          const disk = await loadImage(image);
          for (const names of MOUNTS) {
            const kernels = await withKernelMount(image, (root) => python(SCRIPT, root, names));
            const fs = testMount(disk);
            expect(make(fs, names)).toEqual(kernels);
            fs.unmount();
          }
        },
        { unsafeCleanup: true },
      );
    });
  }
});
