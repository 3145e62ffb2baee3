import { describe, expect, test } from 'vitest';
import type { FileSystem } from './file-system.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/** fsync(2) and fdatasync(2) of a directory: its names are durable, though its own inode hardly changes (ext4_fsync_journal). */

const SYNCS: readonly ['fsync' | 'fdatasync'][] = [['fsync'], ['fdatasync']];

const FORMATS: readonly [string, string[]][] = [
  ['a journal', []],
  ['fast commits', ['fast_commit']],
  ['no journal', ['^has_journal']],
];

/** Names in a directory that a power cut leaves, right after the last call has returned. */
function namesLeft(features: readonly string[], change: (fs: FileSystem) => void): string[] {
  const disk = newDisk(4096, 16 * 2 ** 20, { features });
  const fs = testMount(disk);
  fs.mkdir('dir');
  putFile(fs, 'dir/old');
  fs.sync();
  change(fs);
  return testMount(disk.snapshot())
    .readdir('dir')
    .map(({ name }) => name)
    .sort();
}

describe.each(FORMATS)('with %s', (_, features) => {
  test.each(SYNCS)('%s of a directory makes durable what became of its names', (sync) => {
    const left = namesLeft(features, (fs) => {
      const fd = fs.opendir('dir');
      putFile(fs, 'dir/new');
      fs.unlink('dir/old');
      expect(
        outcome(() => {
          fs[sync](fd);
        }),
      ).toBe('done');
    });
    expect(left).toEqual(['new']);
  });

  test('nothing is durable without', () => {
    expect(
      namesLeft(features, (fs) => {
        fs.unlink('dir/old');
      }),
    ).toEqual(['old']);
  });
});
