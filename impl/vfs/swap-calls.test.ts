import { expect, test } from 'vitest';
import type { FileSystem } from './file-system.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

const PAGE = 4096;

/** What mkswap(8) writes for an area of so many pages. */
function header(pages: number): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  const words = new DataView(bytes.buffer);
  words.setUint32(1024, 1, true);
  words.setUint32(1028, pages - 1, true);
  bytes.set(new TextEncoder().encode('SWAPSPACE2'), PAGE - 10);
  return bytes;
}

function swapFile(fs: FileSystem, path: string, pages: number): number {
  const fd = fs.open(path, { access: 'read-write', create: true });
  fs.fallocate(fd, 'allocate', 0, pages * PAGE);
  fs.pwrite(fd, header(pages), 0);
  return fd;
}

const PATHS = [
  { delalloc: true, bufferedIomap: false },
  { delalloc: false, bufferedIomap: false },
  { delalloc: true, bufferedIomap: true },
  { data: 'journal', delalloc: false },
] as const;

// mm/swapfile.c, and who asks IS_SWAPFILE: generic_write_checks, inode_newsize_ok, vfs_fallocate, vfs_unlink, vfs_rename, do_mmap.
test.each(PATHS)('while it is swapped to nobody changes the file (%o)', (options) => {
  const fs = testMount(newDisk(), options);
  const fd = swapFile(fs, '/f', 4);
  const other = fs.open('/g', { access: 'read-write', create: true });
  fs.write(other, new Uint8Array(PAGE));
  fs.swapon('/f');
  expect(outcome(() => fs.swapon('/f'))).toBe('EBUSY');
  const refused: Record<string, () => unknown> = {
    write: () => fs.pwrite(fd, new Uint8Array(1), 0),
    nothing: () => fs.pwrite(fd, new Uint8Array(0), 0),
    cut: () => fs.ftruncate(fd, PAGE),
    same: () => fs.ftruncate(fd, 4 * PAGE),
    open: () => fs.open('/f', { access: 'read', truncate: true }),
    punch: () => fs.fallocate(fd, 'punch', 0, PAGE),
    map: () => fs.mmap(fd, 0, PAGE, { sharing: 'shared', access: 'read-write' }),
    copy: () => fs.copyFileRange({ fd: other, offset: 0 }, { fd, offset: 0 }, 10),
  };
  for (const [name, call] of Object.entries(refused))
    expect([name, outcome(call)]).toEqual([name, 'ETXTBSY']);
  for (const call of [() => fs.unlink('/f'), () => fs.rename('/f', '/h'), () => fs.rename('/g', '/f')])
    expect(outcome(call)).toBe('EPERM');
  fs.ftruncate(fd, 8 * PAGE);
  fs.link('/f', '/l');
  expect(fs.pread(fd, new Uint8Array(PAGE), 0)).toBe(PAGE);
  expect(outcome(() => fs.unmount())).toBe('EBUSY');
  fs.swapoff('/l');
  expect(outcome(() => fs.swapoff('/f'))).toBe('EINVAL');
  expect(fs.pwrite(fd, new Uint8Array(1), 0)).toBe(1);
  fs.closeAll();
  fs.unmount();
});

test('only root, and only what has a header, no holes and two pages or more', () => {
  const fs = testMount();
  swapFile(fs, '/f', 8);
  swapFile(fs, '/one', 1);
  const holes = fs.open('/holes', { access: 'read-write', create: true });
  fs.pwrite(holes, header(4), 0);
  fs.ftruncate(holes, 4 * PAGE);
  fs.pwrite(swapFile(fs, '/torn', 4), new Uint8Array(10), PAGE - 10);
  fs.ftruncate(swapFile(fs, '/short', 8), 7 * PAGE);
  fs.mkdir('/d');
  const answers = ['/none', '/d', '/one', '/holes', '/torn', '/short'].map((path) =>
    outcome(() => fs.swapon(path)),
  );
  expect(answers).toEqual(['ENOENT', 'EISDIR', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL']);
  fs.setCredentials(1000, 1000);
  expect([outcome(() => fs.swapon('/f')), outcome(() => fs.swapoff('/f'))]).toEqual(['EPERM', 'EPERM']);
  fs.setCredentials(0, 0);
  fs.swapon('/f');
  fs.goOn();
  expect(outcome(() => fs.swapoff('/f'))).toBe('EINVAL');
});
