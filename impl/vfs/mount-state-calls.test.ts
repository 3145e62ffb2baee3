import { describe, expect, test } from 'vitest';
import { Deadlock } from '../sched/deadlock.ts';
import { e2fsck } from './disk-image.fixture.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const BYTES = new Uint8Array(5000).fill(3);

/** Section 1 of the description of the two paths: which table an inode has, and why. FS_JOURNAL_DATA_FL is 0x4000. */
interface Choice {
  readonly why: string;
  readonly table: string;
  readonly request: MountRequest;
  readonly features?: readonly string[];
  readonly flags?: number;
}

const IOMAP: MountRequest = { bufferedIomap: true };
const FLAGGED = 0x84000;

const CHOICES: readonly Choice[] = [
  { why: 'the default', table: 'ext4_da_aops', request: {} },
  { why: 'no delayed allocation', table: 'ext4_aops', request: { delalloc: false } },
  { why: 'buffered_iomap', table: 'ext4_iomap_aops', request: IOMAP },
  { why: 'it comes before delalloc', table: 'ext4_iomap_aops', request: { ...IOMAP, delalloc: false } },
  { why: 'journalled data first', table: 'ext4_journalled_aops', request: { ...IOMAP, data: 'journal' } },
  {
    why: 'by its flag',
    table: 'ext4_journalled_aops',
    request: { ...IOMAP, delalloc: false },
    flags: FLAGGED,
  },
  // The inode has its flag, so it does not take the new path; with delayed allocation its data is not journalled either.
  { why: 'the flag beside delalloc', table: 'ext4_da_aops', request: IOMAP, flags: FLAGGED },
  { why: 'inline data falls back', table: 'ext4_da_aops', request: IOMAP, features: ['inline_data'] },
  { why: 'no extents fall back', table: 'ext4_da_aops', request: IOMAP, features: ['^extent', '^64bit'] },
  { why: 'bigalloc does not', table: 'ext4_iomap_aops', request: IOMAP, features: ['bigalloc'] },
  { why: 'nor does no journal', table: 'ext4_iomap_aops', request: IOMAP, features: ['^has_journal'] },
];

test.each(CHOICES)('$why: $table', ({ table, request, features = [], flags }) => {
  const fs = testMount(newDisk(1024, 8 << 20, { features }), request);
  putFile(fs, '/f', BYTES);
  if (flags !== undefined) {
    const fd = fs.open('/f', { access: 'read' });
    fs.setFlags(fd, flags);
    fs.close(fd);
  }
  expect(fs.table('/f')).toBe(table);
  expect(fs.table('/')).not.toBe('ext4_iomap_aops');
});

describe('mount -o remount', () => {
  test('an inode keeps its table until it is read anew', () => {
    const fs = testMount();
    putFile(fs, '/f', BYTES);
    const fd = fs.open('/f', { access: 'read-write' });
    fs.reconfigure({ bufferedIomap: true });
    fs.sync();
    fs.dropCaches();
    expect(fs.table('/f')).toBe('ext4_da_aops');
    putFile(fs, '/new', BYTES);
    expect(fs.table('/new')).toBe('ext4_iomap_aops');
    fs.close(fd);
    fs.dropCaches('pages');
    expect(fs.table('/f')).toBe('ext4_da_aops');
    fs.dropCaches('inodes');
    expect(fs.table('/f')).toBe('ext4_iomap_aops');
  });

  test('what was promised on one path finds its place after the switch', async () => {
    const disk = newDisk();
    const fs = testMount(disk);
    putFile(fs, '/f', BYTES);
    fs.reconfigure({ delalloc: false, bufferedIomap: true });
    putFile(fs, '/g', BYTES);
    fs.reconfigure({ delalloc: true, bufferedIomap: false, dioreadNolock: false });
    fs.checkInvariants();
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    const again = testMount(disk);
    for (const path of ['/f', '/g']) expect(again.stat(path).size).toBe(BYTES.length);
  });

  test('the data mode stays, and what journalled data excludes', () => {
    expect(outcome(() => testMount().reconfigure({ data: 'journal' }))).toBe('EINVAL');
    const journalled = testMount(newDisk(), { data: 'journal' });
    expect(outcome(() => journalled.reconfigure({ delalloc: true }))).toBe('EINVAL');
    expect(outcome(() => journalled.reconfigure({ atime: 'noatime' }))).toBe('done');
  });
});

describe('freeze', () => {
  test('while it is frozen the image is clean, as e2fsck sees it, and holds what was written', async () => {
    const disk = newDisk();
    const fs = testMount(disk);
    putFile(fs, '/f', BYTES);
    fs.freeze();
    expect(outcome(() => fs.freeze())).toBe('EBUSY');
    const frozen = disk.snapshot();
    expect(await e2fsck(frozen)).toBe('clean');
    const copy = testMount(frozen, { readOnly: true });
    expect(copy.notices).toEqual([]);
    expect(copy.stat('/f').size).toBe(BYTES.length);
    expect(fs.read(fs.open('/f', { access: 'read' }), new Uint8Array(10))).toBe(10);
    fs.thaw();
    expect(outcome(() => fs.thaw())).toBe('EINVAL');
    putFile(fs, '/g', BYTES);
    fs.closeAll();
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  test('whoever wants to change something waits for the thaw', () => {
    const fs = testMount();
    putFile(fs, '/f', BYTES);
    const fd = fs.open('/f', { access: 'read-write' });
    const map = fs.mmap(fd, 0, 4096, { sharing: 'shared', access: 'read-write' });
    fs.freeze();
    expect(() => fs.write(fd, BYTES)).toThrow(Deadlock);
    expect(() => fs.store(map, 0, BYTES.subarray(0, 5))).toThrow(Deadlock);
    expect(() => fs.mkdir('/d')).toThrow(Deadlock);
    const done: string[] = [];
    fs.concurrently([
      {
        name: 'write',
        *start() {
          yield* fs.calls.write(fd, BYTES);
          done.push('written');
        },
      },
      {
        name: 'thaw',
        *start() {
          done.push('thawing');
          yield* fs.calls.thaw();
        },
      },
    ]);
    expect(done).toEqual(['thawing', 'written']);
  });
});
