import { expect, test } from 'vitest';
import { MountRefused } from '../../lib/corruption.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { mount } from '../../vfs/mount.ts';
import { debugfs, e2fsck, inDirectory, load, save } from '../e2fsprogs.fixture.ts';
import { newDisk } from '../test-mount.fixture.ts';
import { journalledPath } from './aops-journalled.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

function writeFile(fs: FileSystem, path: string, data: Uint8Array): void {
  const fd = fs.open(path, { access: 'write', create: true });
  fs.write(fd, data);
  fs.fsync(fd);
  fs.close(fd);
}

function contents(fs: FileSystem, path: string): Uint8Array {
  const fd = fs.open(path, { access: 'read' });
  const data = new Uint8Array(fs.fstat(fd).size);
  fs.read(fd, data);
  fs.close(fd);
  return data;
}

const pattern = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * seed + (index >> 8)) & 0xff);

test.each([false, true])(
  'with data=journal every file uses the journalled table (buffered_iomap %s)',
  (bufferedIomap) => {
    const fs = mount(newDisk(), { data: 'journal', bufferedIomap, now: TIME });
    writeFile(fs, '/f', pattern(100, 3));
    expect(fs.table('/f')).toBe(journalledPath.name);
    fs.unmount();
  },
);

test('the flag of an inode counts without delayed allocation only, as in the kernel', async () => {
  const disk = newDisk();
  const fs = mount(disk, { now: TIME });
  writeFile(fs, '/f', pattern(5000, 3));
  fs.unmount();
  await inDirectory(async (path) => {
    save(disk, path('image'));
    // EXTENTS and JOURNAL_DATA
    await debugfs(path('image'), 'set_inode_field /f flags 0x84000', true);
    const flagged = load(path('image'));
    const without = mount(flagged, { delalloc: false, now: TIME });
    expect(without.table('/f')).toBe(journalledPath.name);
    expect(contents(without, '/f')).toEqual(pattern(5000, 3));
    writeFile(without, '/f', pattern(7000, 5));
    without.unmount();
    const with_ = mount(flagged, { delalloc: true, now: TIME });
    expect(with_.table('/f')).toBe('ext4_da_aops');
    expect(contents(with_, '/f')).toEqual(pattern(7000, 5));
    with_.unmount();
    expect((await e2fsck(flagged)).clean).toBe(true);
  });
});

test('what was synced is in the log, not at home; recovery brings it home', async () => {
  const disk = newDisk();
  const fs = mount(disk, { data: 'journal', now: TIME });
  const data = pattern(20_000, 7);
  // Contents that look like a block of the log.
  data.set([0xc0, 0x3b, 0x39, 0x98], 4096);
  writeFile(fs, '/f', data);
  fs.dropCaches();
  expect(contents(fs, '/f')).toEqual(data);
  const crashed = disk.snapshot();
  const old = mount(crashed.snapshot(), { readOnly: true, noload: true, now: TIME });
  expect(old.readdir('/').length).toBe(1);
  const again = mount(crashed, { now: TIME });
  expect(again.notices).toEqual(['recovery complete']);
  expect(contents(again, '/f')).toEqual(data);
  again.unmount();
  expect((await e2fsck(crashed)).clean).toBe(true);
});

test('blocks that left a journalled file are revoked: no older copy comes back over what they hold then', async () => {
  const disk = newDisk();
  const fs = mount(disk, { data: 'journal', now: TIME });
  writeFile(fs, '/f', pattern(60_000, 7));
  fs.truncate('/f', 0);
  fs.sync();
  fs.unmount();
  // Ordered data goes past the log: a replay of the old copies would destroy it.
  const second = mount(disk, { data: 'journal', now: TIME });
  writeFile(second, '/g', pattern(60_000, 9));
  second.truncate('/g', 0);
  second.sync();
  for (let index = 0; index < 40; index++) second.mkdir(`/d${index}`);
  second.sync();
  const crashed = disk.snapshot();
  const again = mount(crashed, { now: TIME });
  expect(again.readdir('/').length).toBe(42 + 1);
  again.unmount();
  expect((await e2fsck(crashed)).clean).toBe(true);
});

test.each([
  ['data=', { data: 'journal' }],
  ['data=', { data: 'writeback' }],
  ['data_err=abort', { dataErr: 'abort' }],
] as const)('without a journal there is no %s (%o)', (option, request) => {
  const mounting = () => mount(newDisk({ features: ['^has_journal'] }), { ...request, now: TIME });
  expect(mounting).toThrow(MountRefused);
  expect(mounting).toThrow(`can't mount with ${option}, fs mounted w/o journal`);
});
