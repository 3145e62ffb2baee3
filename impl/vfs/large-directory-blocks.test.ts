import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { debugfs, e2fsck } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { outcome, putFile, testMount } from './test-mount.fixture.ts';
import { mkfs } from '../ext4/mkfs/mkfs.ts';

/** Directories of blocks of 64 KiB, where the length of an entry may be one that 16 bits cannot say. No kernel here mounts them. */

const BLOCK = 65_536;

const nameOf = (id: number): string => `${id}`.padEnd(200, 'n');

const largeBlocks = (features: readonly string[]): MemoryDisk =>
  mkfs({
    sizeBytes: 64 * 2 ** 20,
    blockSize: BLOCK,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: 1_700_000_000,
    features: ['^has_journal', ...features],
  });

/** All names, read step by step. */
function readAll(fs: FileSystem): string[] {
  const fd = fs.opendir('dir');
  const names: string[] = [];
  for (let step = fs.getdents(fd, 700); step.length > 0; step = fs.getdents(fd, 700))
    names.push(...step.map(({ name }) => name));
  fs.close(fd);
  return names.filter((name) => name !== '.' && name !== '..').sort();
}

describe.each([['metadata_csum'], ['^metadata_csum']])('blocks of 64 KiB, %s', (feature) => {
  test('an index is made, split and emptied, and e2fsck finds every name in its leaf', async () => {
    const disk = largeBlocks([feature]);
    let fs = testMount(disk);
    putFile(fs, 'file');
    fs.mkdir('dir');
    const count = 3000;
    const names = Array.from({ length: count }, (_, id) => nameOf(id));
    for (const name of names) fs.link('file', `dir/${name}`);
    // A leaf holds at most 315 such entries of 208 bytes.
    expect(fs.stat('dir').size / BLOCK).toBeGreaterThan(count / 315);
    expect(readAll(fs)).toEqual(names.toSorted());
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    fs = testMount(disk);
    const dump = await debugfs(disk, 'htree_dump /dir');
    const leaves = Number(/Number of entries \(count\): (\d+)/.exec(dump)?.[1]);
    expect(leaves).toBe(fs.stat('dir').size / BLOCK - 1);
    const kept = names.filter((_, id) => id % 3 !== 0);
    for (const [id, name] of names.entries()) if (id % 3 === 0) fs.unlink(`dir/${name}`);
    fs.dropCaches();
    expect(outcome(() => fs.stat(`dir/${nameOf(3)}`))).toBe('ENOENT');
    expect(outcome(() => fs.stat(`dir/${nameOf(4)}`))).toBe('done');
    expect(readAll(fs)).toEqual(kept.toSorted());
    for (const name of kept) fs.unlink(`dir/${name}`);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });
});
