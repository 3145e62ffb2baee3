import { execa } from 'execa';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { mkfs, type MkfsOptions } from '../ext4/mkfs/mkfs.ts';
import { e2fsck, withImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { kernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { extentsOf, outcome, putFile, testMount } from './test-mount.fixture.ts';

/** Devices of terabytes, in memory and in sparse files: what needs more than 32 bits. */

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const TIB = 2 ** 40;

const made = (options: Pick<MkfsOptions, 'sizeBytes' | 'blockSize'> & Partial<MkfsOptions>): MemoryDisk =>
  mkfs({
    inodeRatio: 2 ** 26,
    journalBlocks: 4096,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: 1_700_000_000,
    ...options,
  });

/** More than 2^32 blocks, in few groups. */
const manyBlocks = (): MemoryDisk =>
  made({
    sizeBytes: 5 * TIB,
    blockSize: KIB,
    features: ['bigalloc', '^resize_inode'],
    clusterSize: MIB,
  });

const DIRECTORIES = 60;
const ROUND = 20;

const bytesOf = (id: number): Uint8Array =>
  Uint8Array.from({ length: 5000 }, (_, at) => (at * 7 + id) & 0xff);

/** Directories go to groups by their names, as in Linux, some of them behind the first 2^32 blocks. */
function fill(fs: FileSystem): void {
  for (let id = 0; id < DIRECTORIES; id++) {
    fs.mkdir(`d${id}`);
    putFile(fs, `d${id}/f`, bytesOf(id));
    fs.symlink('x'.repeat(200), `d${id}/link`);
    fs.setxattr(`d${id}/f`, 'user.large', new Uint8Array(600).fill(id));
    if (id % ROUND === 0) fs.sync();
  }
  // Blocks of directories and of attributes are freed again: revokes with wide numbers.
  for (let id = 0; id < DIRECTORIES; id += 3) {
    fs.unlink(`d${id}/f`);
    fs.unlink(`d${id}/link`);
    fs.rmdir(`d${id}`);
  }
  fs.sync();
}

const kept = Array.from({ length: DIRECTORIES }, (_, id) => id).filter((id) => id % 3 !== 0);

const farFiles = (fs: FileSystem): number[] =>
  kept.filter((id) => extentsOf(fs, `d${id}/f`).some(({ physical }) => physical >= 2 ** 32 * KIB));

const readAll = (fs: FileSystem, path: string): Uint8Array => {
  const fd = fs.open(path, { access: 'read' });
  const bytes = new Uint8Array(fs.stat(path).size);
  fs.read(fd, bytes);
  fs.close(fd);
  return bytes;
};

describe.each([{}, { bufferedIomap: true }])('blocks behind 2^32, mounted with %j', (request) => {
  const cut = manyBlocks();
  fill(testMount(cut, request));

  test('are used, logged with tags of 64 bits, and recovered', async () => {
    const disk = cut.snapshot();
    const fs = testMount(disk, request);
    expect(fs.notices).toContain('recovery complete');
    // One directory in five is behind the first four of five terabytes.
    expect(farFiles(fs).length).toBeGreaterThan(2);
    for (const id of kept) expect(Buffer.compare(readAll(fs, `d${id}/f`), bytesOf(id))).toBe(0);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('come home by e2fsck -E journal_only just the same', async () => {
    await withImage(cut.snapshot(), async (path) => {
      await execa('e2fsck', ['-y', '-E', 'journal_only', path], { reject: false });
      const { stdout, exitCode } = await execa('e2fsck', ['-fn', path], { reject: false });
      expect(exitCode, stdout).toBe(0);
    });
  });

  kernelTest('are what the kernel recovers and reads, and where it says that they are', async () => {
    await withImage(cut.snapshot(), async (path) => {
      await withKernelMount(path, async (root) => {
        for (const id of kept)
          expect(Buffer.compare(readFileSync(join(root, `d${id}/f`)), bytesOf(id))).toBe(0);
        const fs = testMount(cut.snapshot(), request);
        const far = farFiles(fs)[0] ?? expect.fail('no file is far away');
        const { stdout } = await execa('filefrag', ['-v', '-b1024', join(root, `d${far}/f`)]);
        const first = /^ *0: +0\.\. +\d+: +(\d+)\.\./m.exec(stdout)?.[1];
        expect(Number(first) * KIB).toBe(extentsOf(fs, `d${far}/f`)[0]?.physical);
        fs.unmount();
      });
    });
  });
});

/** i_blocks counts sectors of 512 bytes: 32 bits of them are 2 TiB. */
describe('a file of more than 2 TiB', () => {
  const SIZE = 2 * TIB + 3 * 2 ** 30;
  const device = (features: readonly string[] = []): MemoryDisk =>
    made({ sizeBytes: 3 * TIB, blockSize: 4096, features: ['bigalloc', ...features], clusterSize: 64 * KIB });

  const grown = (): MemoryDisk => {
    const disk = device();
    const fs = testMount(disk);
    const fd = fs.open('huge', { access: 'read-write', create: true });
    fs.fallocate(fd, 'allocate', 0, SIZE);
    fs.pwrite(fd, bytesOf(1), SIZE - 6000);
    fs.close(fd);
    expect(fs.stat('huge').sectors).toBeGreaterThan(2 ** 32);
    expect(fs.stat('huge').size).toBe(SIZE);
    fs.unmount();
    return disk;
  };

  kernelTest('has the blocks that the kernel counts, and loses them again', async () => {
    const disk = grown();
    expect(await e2fsck(disk)).toBe('clean');
    const fs = testMount(disk);
    const { sectors } = fs.stat('huge');
    await withImage(disk.snapshot(), async (path) => {
      await withKernelMount(path, (root) => {
        const name = join(root, 'huge');
        expect(statSync(name)).toMatchObject({ size: SIZE, blocks: sectors });
        const file = openSync(name, 'r');
        const bytes = new Uint8Array(5000);
        readSync(file, bytes, 0, 5000, SIZE - 6000);
        closeSync(file);
        expect(Buffer.compare(bytes, bytesOf(1))).toBe(0);
      });
    });
    fs.truncate('huge', 10_000);
    expect(fs.stat('huge').sectors).toBe((64 * KIB) / 512);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  kernelTest('cannot be without huge_file: the kernel and we say so of the same sizes', async () => {
    const disk = device(['^huge_file']);
    const sizes = [SIZE, 2 * TIB, 2 * TIB - 4096, 2 * TIB - 4097, 2 * TIB - 8192];
    const fs = testMount(disk.snapshot());
    const ours = sizes.map((size) => {
      putFile(fs, 'f');
      return outcome(() => fs.truncate('f', size));
    });
    fs.unmount();
    await withImage(disk, async (path) => {
      const theirs = await withKernelMount(path, (root) =>
        Promise.all(
          sizes.map(async (size, index) => {
            const { stderr } = await execa('truncate', ['-s', `${size}`, join(root, `f${index}`)], {
              reject: false,
            });
            return stderr === '' ? 'done' : /File too large/.test(stderr) ? 'EFBIG' : stderr;
          }),
        ),
      );
      expect(ours).toEqual(theirs);
      expect(new Set(theirs)).toEqual(new Set(['done', 'EFBIG']));
    });
  });
});
