import { linkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { debugfs, e2fsck, loadImage, withImage } from '../../vfs/disk-image.fixture.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { kernelTest, withKernelMount } from '../../vfs/kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from '../../vfs/test-mount.fixture.ts';
import type { MkfsOptions } from '../mkfs/mkfs.ts';
import { encodeName } from './file-name.ts';

const MIB = 2 ** 20;

/** Names of 255 bytes, of which a leaf of 1024 bytes holds three, in the order of their hashes: leaves stay half empty. */
function longNames(fs: FileSystem, count: number): string[] {
  const { directoryHash } = fs.sb;
  const names = Array.from({ length: count }, (_, index) => `${index}`.padEnd(255, 'n'));
  const majors = new Map(names.map((name) => [name, directoryHash.of(1, encodeName(name)).major]));
  return names.sort((left, right) => (majors.get(left) ?? 0) - (majors.get(right) ?? 0));
}

/** An image with a file `file` and an empty directory `dir`. */
function prepared(blockSize: 1024 | 4096, sizeBytes: number, more: Partial<MkfsOptions> = {}): MemoryDisk {
  const disk = newDisk(blockSize, sizeBytes, more);
  const fs = testMount(disk);
  putFile(fs, 'file');
  fs.mkdir('dir');
  fs.unmount();
  return disk;
}

/** The index and the names of the directory `dir`, but neither checksums nor where the blocks lie. */
async function indexOf(image: string): Promise<string[]> {
  const { stdout } = await execa('debugfs', ['-R', 'htree_dump /dir', image]);
  return stdout.replaceAll(/checksum: .*|phys .*/gi, '').split('\n');
}

/** Links names to one file until one does not fit; answers how many did. */
function linkUntilFull(fs: FileSystem, names: readonly string[]): number {
  let made = 0;
  for (const name of names) {
    const answer = outcome(() => fs.link('file', `dir/${name}`));
    if (answer !== 'done') {
      expect(answer).toBe('ENOSPC');
      return made;
    }
    made++;
  }
  return made;
}

const tune = async (disk: MemoryDisk, ...options: string[]): Promise<MemoryDisk> =>
  withImage(disk, async (image) => {
    await execa('tune2fs', [...options, image]);
    return loadImage(image);
  });

const levelsOf = async (disk: MemoryDisk): Promise<number> =>
  Number(/Indirect levels: (\d)/.exec(await debugfs(disk, 'htree_dump /dir'))?.[1]) + 1;

describe('an index of blocks of 1024 bytes', () => {
  let full: MemoryDisk;
  let names: string[];
  let made: number;

  beforeAll(() => {
    full = prepared(1024, 40 * MIB);
    const fs = testMount(full);
    names = longNames(fs, 17_000);
    made = linkUntilFull(fs, names);
    expect(fs.statfs().blocksFree).toBeGreaterThan(1000);
    fs.unmount();
  });

  test('is full with two levels, and grows a third one with large_dir', async () => {
    // The root leads to at most 123 nodes, each of them to at least 63 leaves, each with one name or more.
    expect(made).toBeGreaterThan(122 * 63);
    expect(made).toBeLessThan(17_000);
    expect(await e2fsck(full)).toBe('clean');
    expect(await levelsOf(full)).toBe(2);

    const larger = await tune(full, '-O', 'large_dir');
    const fs = testMount(larger);
    expect(linkUntilFull(fs, names.slice(made))).toBe(17_000 - made);
    expect(fs.readdir('dir').length).toBe(17_000);
    for (const name of names.filter((_, index) => index % 500 === 0)) fs.unlink(`dir/${name}`);
    fs.dropCaches();
    for (const [index, name] of names.entries()) {
      if (index % 50 === 0)
        expect(outcome(() => fs.stat(`dir/${name}`))).toBe(index % 500 === 0 ? 'ENOENT' : 'done');
    }
    fs.unmount();
    expect(await e2fsck(larger)).toBe('clean');
    expect(await levelsOf(larger)).toBe(3);
  });

  kernelTest('is full when the kernel`s is, and looks the same', async () => {
    await withImage(prepared(1024, 40 * MIB), async (image) => {
      const theirs = await withKernelMount(image, (root) => {
        let count = 0;
        try {
          for (const name of names) {
            linkSync(join(root, 'file'), join(root, 'dir', name));
            count++;
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENOSPC' });
        }
        return count;
      });
      expect(theirs).toBe(made);
      expect(await withImage(full, indexOf)).toEqual(await indexOf(image));
    });
  });
});

/** Every hash of names, with a sign and without one; bytes above 127 tell the two apart. */
const HASHES = (['legacy', 'half_md4', 'tea'] as const).flatMap((hash) =>
  [false, true].map((unsignedHash) => [1024, { hash, unsignedHash }] as const),
);

describe.each([...HASHES, [4096, { features: ['^metadata_csum'] }] as const])(
  'blocks of %i bytes, %j',
  (blockSize, more) => {
    const nameOf = (id: number): string =>
      `${id}é`.padEnd(5 + ((id * 7919) % 120), id % 2 === 0 ? '-' : 'ß').slice(0, 120);

    kernelTest('names that come and go leave the index that the kernel leaves', async () => {
      const disk = prepared(blockSize, 16 * MIB, more);
      await withImage(disk, async (image) => {
        await withKernelMount(image, (root) => {
          const [file, dir] = [join(root, 'file'), join(root, 'dir')];
          for (let id = 0; id < 1500; id++) linkSync(file, join(dir, nameOf(id)));
          for (let id = 0; id < 1500; id += 3) unlinkSync(join(dir, nameOf(id)));
          for (let id = 1500; id < 3000; id++) linkSync(file, join(dir, nameOf(id)));
        });
        const fs = testMount(disk);
        for (let id = 0; id < 1500; id++) fs.link('file', `dir/${nameOf(id)}`);
        for (let id = 0; id < 1500; id += 3) fs.unlink(`dir/${nameOf(id)}`);
        for (let id = 1500; id < 3000; id++) fs.link('file', `dir/${nameOf(id)}`);
        fs.unmount();
        expect(await e2fsck(disk)).toBe('clean');
        expect(await withImage(disk, indexOf)).toEqual(await indexOf(image));
      });
    });
  },
);
