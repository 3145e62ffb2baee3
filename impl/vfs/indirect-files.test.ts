import { execa } from 'execa';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { debugfs, e2fsck, inDirectory, load, save } from '../ext4/e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../ext4/kernel.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { extentsOf, newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/** Blocks of 1 KiB: the last block that each depth of indirection reaches, and the first of the next. */
const POINTERS = 256;
const BORDERS = [12, 12 + POINTERS, 12 + POINTERS + POINTERS ** 2];

/** Writes one byte that tells its block into each of these blocks. */
function putBlocks(fs: FileSystem, path: string, blocks: readonly number[]): void {
  const fd = fs.open(path, { access: 'write', create: true });
  for (const block of blocks) fs.pwrite(fd, new Uint8Array([1 + (block % 255)]), block * 1024);
  fs.close(fd);
}

function byteAt(fs: FileSystem, path: string, offset: number): number {
  const fd = fs.open(path, { access: 'read' });
  try {
    const byte = new Uint8Array(1);
    expect(fs.pread(fd, byte, offset)).toBe(1);
    return byte[0] ?? -1;
  } finally {
    fs.close(fd);
  }
}

/** Indirect blocks of a file with these blocks, counted from the definition of the format. */
function indirectBlocks(blocks: readonly number[]): number {
  const nodes = new Set<string>();
  for (const block of blocks) {
    let depth = 0;
    while (depth < 3 && block >= (BORDERS[depth] ?? 0)) depth++;
    const within = block - (BORDERS[depth - 1] ?? 0);
    for (let level = 1; level <= depth; level++) {
      nodes.add(`${depth} ${level} ${Math.floor(within / POINTERS ** (depth - level + 1))}`);
    }
  }
  return nodes.size;
}

const around = BORDERS.flatMap((border) => [border - 1, border, border + 1]);
const spread = [0, 5, ...around, 600, 5000, 66_000, 66_300, 70_000, 200_000];

async function expectSound(disk: MemoryDisk): Promise<void> {
  expect(await e2fsck(disk)).toMatchObject({ clean: true });
}

/** Device blocks of the file's data in its order, as debugfs lists them. */
async function blocksByDebugfs(disk: MemoryDisk, path: string): Promise<number[]> {
  return await inDirectory(async (name) => {
    save(disk, name('image'));
    const stat = await debugfs(name('image'), `stat ${path}`);
    const listed = /BLOCKS:\n(.*)/.exec(stat)?.[1] ?? '';
    const runs = [...listed.matchAll(/\(\d+(?:-\d+)?\):(\d+)(?:-(\d+))?/g)];
    return runs.flatMap(([, first, last]) => {
      const start = Number(first);
      return Array.from({ length: Number(last ?? first) - start + 1 }, (_, index) => start + index);
    });
  });
}

describe.each(['ext2', 'ext3'] as const)('files of an %s', (type) => {
  const fresh = (): MemoryDisk => newDisk(1024, 8 * 2 ** 20, { type });

  test('reach over every border; e2fsck, debugfs and arithmetic agree', async () => {
    const disk = fresh();
    const fs = testMount(disk);
    putBlocks(fs, 'f', spread);
    fs.sync();
    expect(fs.stat('f').sectors).toBe(2 * (spread.length + indirectBlocks(spread)));
    const ours = extentsOf(fs, 'f').flatMap(({ physical, length }) =>
      Array.from({ length: length / 1024 }, (_, index) => physical / 1024 + index),
    );
    fs.unmount();
    await expectSound(disk);
    expect(await blocksByDebugfs(disk, '/f')).toEqual(ours);
    const again = testMount(disk);
    for (const block of spread) expect(byteAt(again, 'f', block * 1024)).toBe(1 + (block % 255));
    expect(byteAt(again, 'f', 5000 * 1024 - 1)).toBe(0);
    again.unmount();
  });

  test('are cut at every depth, and what is left has the blocks it needs', async () => {
    const disk = fresh();
    const fs = testMount(disk);
    putBlocks(fs, 'f', spread);
    const sizes = [...spread].toSorted((left, right) => right - left);
    for (const size of sizes) {
      fs.truncate('f', size * 1024);
      fs.sync();
      const left = spread.filter((block) => block < size);
      expect(fs.stat('f').sectors).toBe(2 * (left.length + indirectBlocks(left)));
    }
    putBlocks(fs, 'g', spread);
    fs.unlink('g');
    fs.unmount();
    await expectSound(disk);
  });

  test('hold directories and symlinks of both kinds, and let go of them', async () => {
    const disk = fresh();
    const free = testMount(disk);
    const before = free.statfs().blocksFree;
    free.mkdir('d', 0o755);
    for (let index = 0; index < 400; index++) putFile(free, `d/a name of some length, number ${index}`);
    free.symlink('x'.repeat(500), 'slow');
    free.symlink('fast', 'quick');
    free.unmount();
    await expectSound(disk);
    const fs = testMount(disk);
    expect(fs.readdir('d')).toHaveLength(400);
    expect(fs.readlink('slow')).toBe('x'.repeat(500));
    expect(fs.readlink('quick')).toBe('fast');
    for (let index = 0; index < 400; index++) fs.unlink(`d/a name of some length, number ${index}`);
    fs.rmdir('d');
    fs.unlink('slow');
    fs.unlink('quick');
    expect(fs.statfs().blocksFree).toBe(before);
    fs.unmount();
    await expectSound(disk);
  });
});

test('a file as large as pointers reach, and no byte more', () => {
  const largest = 17_247_252_480;
  const fs = testMount(newDisk(1024, 8 * 2 ** 20, { type: 'ext3' }));
  putFile(fs, 'f');
  fs.truncate('f', largest);
  expect(outcome(() => fs.truncate('f', largest + 1))).toBe('EFBIG');
  const fd = fs.open('f', { access: 'write' });
  expect(outcome(() => fs.pwrite(fd, new Uint8Array(1), largest))).toBe('EFBIG');
  expect(fs.pwrite(fd, new Uint8Array(9), largest - 4)).toBe(4);
  fs.close(fd);
  fs.truncate('f', 0);
  expect(fs.stat('f').sectors).toBe(0);
  fs.unmount();
});

describe('a damaged pointer', () => {
  test.each([
    ['sif f block[2] 99999', 0],
    ['sif f block[IND] 1', 20 * 1024],
    ['sif f block[DIND] 8192', 0],
  ])('%s', async (request, offset) => {
    const disk = newDisk(1024, 8 * 2 ** 20, { type: 'ext3' });
    const fs = testMount(disk);
    putBlocks(fs, 'f', [0, 2, 20, 300]);
    fs.unmount();
    const damaged = await inDirectory(async (name) => {
      save(disk, name('image'));
      await execa('debugfs', ['-w', '-R', request, name('image')]);
      return load(name('image'));
    });
    const mounted = testMount(damaged, { errors: 'continue' });
    expect(outcome(() => byteAt(mounted, 'f', offset))).toBe('EUCLEAN');
    mounted.unmount();
  });

  test('in an indirect block is found, and so is a block that is its own indirect block', async () => {
    const disk = newDisk(1024, 8 * 2 ** 20, { type: 'ext3' });
    const fs = testMount(disk);
    putBlocks(fs, 'f', [0, 20, 300]);
    fs.unmount();
    const double = await inDirectory(async (name) => {
      save(disk, name('image'));
      const said = await debugfs(name('image'), 'stat f');
      return Number(/\(DIND\):(\d+)/.exec(said)?.[1]);
    });
    for (const pointer of [8192, 1, double]) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, pointer, true);
      const damaged = disk.snapshot();
      damaged.write(double * 1024, bytes);
      const mounted = testMount(damaged, { errors: 'continue' });
      // Who reads a file is told EIO, whatever was wrong with its folio.
      expect(outcome(() => byteAt(mounted, 'f', 300 * 1024))).toBe('EIO');
      expect(mounted.corruption).not.toBeNull();
      mounted.unmount();
    }
  });
});

describe('made elsewhere', () => {
  test.each(['ext2', 'ext3'])('an image of mke2fs -t %s is read', async (type) => {
    await inDirectory(async (name) => {
      const content = Buffer.alloc(400 * 1024, 'twinpath');
      writeFileSync(name('source'), content);
      await execa('mke2fs', ['-q', '-F', '-t', type, '-b', '1024', name('image'), '8M']);
      await execa('debugfs', ['-w', '-R', `write ${name('source')} written`, name('image')]);
      const disk = load(name('image'));
      const fs = testMount(disk);
      const bytes = new Uint8Array(content.length);
      fs.read(fs.open('written', { access: 'read' }), bytes);
      expect(Buffer.compare(content, bytes)).toBe(0);
    });
  });

  test('what we write the kernel reads, and the other way round', async (context) => {
    needsKernel(context);
    await inDirectory(async (name) => {
      const content = Buffer.alloc(500 * 1024, 'twinpath');
      const disk = newDisk(1024, 8 * 2 ** 20, { type: 'ext3' });
      const fs = testMount(disk);
      putFile(fs, 'ours', content);
      putBlocks(fs, 'sparse', spread);
      fs.symlink('y'.repeat(200), 'slow');
      fs.unmount();
      save(disk, name('image'));
      withKernelMount(name('image'), [], ({ directory }) => {
        expect(Buffer.compare(readFileSync(join(directory, 'ours')), content)).toBe(0);
        const { blocks } = statSync(join(directory, 'sparse'));
        expect(blocks).toBe(2 * (spread.length + indirectBlocks(spread)));
        expect(statSync(join(directory, 'sparse')).size).toBe(200_000 * 1024 + 1);
        writeFileSync(join(directory, 'theirs'), content);
      });
      const back = load(name('image'));
      await expectSound(back);
      const again = testMount(back);
      const bytes = new Uint8Array(content.length);
      again.read(again.open('theirs', { access: 'read' }), bytes);
      expect(Buffer.compare(content, bytes)).toBe(0);
    });
  });
});
