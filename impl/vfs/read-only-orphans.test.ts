import { execa } from 'execa';
import { expect, test } from 'vitest';
import { mount } from './mount.ts';
import { e2fsck, inDirectory, load, save } from '../ext4/e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../ext4/kernel.fixture.ts';

/** A clean image with one orphan, a file of 100 blocks whose last name has gone. */
const withOrphan = (use: (image: string) => Promise<void>): Promise<void> =>
  inDirectory(async (path) => {
    const image = path('image');
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-O', '^orphan_file', image, '8M']);
    await execa('truncate', ['-s', '100k', path('source')]);
    await execa('fallocate', ['-l', '100k', path('source')]);
    const requests = [
      `write ${path('source')} f`,
      'unlink f',
      'sif <12> links_count 0',
      'sif <12> dtime 0',
      'ssv last_orphan 12',
    ];
    await execa('debugfs', ['-w', '-f', '-', image], { input: requests.join('\n') });
    await use(image);
  });

/** Of the group: the kernel does not write the sums in the superblock then. */
const FREE = /\d+ free blocks, \d+ free inodes/g;

async function freeOn(image: string): Promise<string[]> {
  return (await execa('dumpe2fs', [image])).stdout.match(FREE) ?? [];
}

const MOUNTS = [
  ['ro', { readOnly: true }],
  ['ro,noload', { readOnly: true, noload: true }],
] as const;

for (const [options, request] of MOUNTS) {
  test(`a clean image mounted ${options} loses its orphans, as in the kernel`, async (context) => {
    needsKernel(context);
    await withOrphan(async (image) => {
      const disk = load(image);
      mount(disk, { ...request, now: { seconds: 1_700_000_000, nanoseconds: 0 } }).unmount();
      expect((await e2fsck(disk)).clean).toBe(true);
      const free = await inDirectory(async (path) => {
        save(disk, path('ours'));
        return await freeOn(path('ours'));
      });
      const before = await freeOn(image);
      withKernelMount(image, options.split(','), () => undefined);
      const kernels = await freeOn(image);
      expect(free).toEqual(kernels);
      expect(kernels).not.toEqual(before);
    });
  });
}
