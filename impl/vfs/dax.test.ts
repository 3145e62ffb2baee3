import { describe, expect, test } from 'vitest';
import { MappableDisk } from '../block/mappable-disk.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Bio, BioStatus } from '../block/bio.ts';
import { MountRefused } from '../lib/corruption.ts';
import { debugfs, e2fsck } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { extentsOf, newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/**
 * Files on a device that can be mapped: fs/dax.c, fs/ext4/file.c and Documentation/filesystems/dax.rst. No machine of ours
 * has such a device, so where the kernel is the judge, its source is quoted by function.
 */

const PAGE = 4096;
const DAX_FL = 0x2000000;
const JOURNAL_DATA_FL = 0x4000;
const EXTENTS_FL = 0x80000;
const UNWRITTEN = 0x800;
const SHARED = { sharing: 'shared', access: 'read-write' } as const;

const bytes = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** Counts the bytes that travel in transfers, by direction. */
class CountingDisk extends MappableDisk {
  moved = { read: 0, write: 0 };

  override submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    for (const { length } of bio.segments) this.moved[bio.direction] += length;
    super.submit(bio, endIo);
  }
}

const mountDax = (disk: MemoryDisk, request: MountRequest = {}): FileSystem =>
  testMount(new MappableDisk(disk), { dax: 'always', ...request });

function contents(fs: FileSystem, path: string): Uint8Array {
  const fd = fs.open(path, { access: 'read' });
  const target = new Uint8Array(fs.fstat(fd).size);
  fs.pread(fd, target, 0);
  fs.close(fd);
  return target;
}

function setFlags(fs: FileSystem, path: string, change: (flags: number) => number): string {
  const fd = fs.open(path, { access: 'read' });
  try {
    return outcome(() => fs.setFlags(fd, change(fs.getFlags(fd))));
  } finally {
    fs.close(fd);
  }
}

/** Linux 6.18.44 on a loop device: EINVAL, with these reasons in its log. */
describe('mounts that are refused', () => {
  const refused = (mount: () => unknown, word: RegExp): void => {
    expect(mount).toThrow(MountRefused);
    expect(mount).toThrow(word);
  };

  test('dax=always, where it cannot be', () => {
    refused(() => testMount(newDisk(4096), { dax: 'always' }), /device cannot be mapped/);
    refused(() => mountDax(newDisk(1024)), /blocks have 1024 bytes/);
    refused(() => mountDax(newDisk(4096, 8 << 20, { features: ['inline_data'] })), /contents in the inode/);
    refused(() => mountDax(newDisk(4096), { data: 'journal' }), /data=journal and dax/);
  });

  test.each(['inode', 'never', null] as const)('dax=%s is no trouble anywhere', (dax) => {
    testMount(newDisk(4096), { dax }).unmount();
    mountDax(newDisk(1024), { dax }).unmount();
  });

  test('another choice by remount is EINVAL, also dax=inode where nothing was said', () => {
    const fs = testMount(newDisk(4096), { dax: null });
    expect(outcome(() => fs.reconfigure({ dax: 'inode' }))).toBe('EINVAL');
    const never = testMount(newDisk(4096), { dax: 'never' });
    expect(outcome(() => never.reconfigure({ dax: 'inode' }))).toBe('EINVAL');
    expect(outcome(() => never.reconfigure({ dax: 'never' }))).toBe('done');
  });
});

describe('which table an inode has (ext4_should_enable_dax)', () => {
  test('with dax=inode, those with the flag, from when they enter memory the next time', () => {
    const fs = mountDax(newDisk(4096), { dax: 'inode' });
    putFile(fs, '/f', bytes(10, 1));
    expect(fs.table('/f')).toBe('ext4_da_aops');
    const fd = fs.open('/f', { access: 'read-write' });
    fs.setFlags(fd, fs.getFlags(fd) | DAX_FL);
    expect(fs.table('/f')).toBe('ext4_da_aops');
    fs.write(fd, bytes(5, 2));
    fs.close(fd);
    // d_mark_dontcache(): the last close is the end of the inode in memory.
    expect(fs.table('/f')).toBe('ext4_dax_aops');
    expect([...contents(fs, '/f')]).toEqual([2, 2, 2, 2, 2, 1, 1, 1, 1, 1]);
    expect(setFlags(fs, '/f', (flags) => flags & ~DAX_FL)).toBe('done');
    expect(fs.table('/f')).toBe('ext4_da_aops');
  });

  test('directories hand the flag down', () => {
    const fs = mountDax(newDisk(4096), { dax: 'inode' });
    fs.mkdir('/d');
    setFlags(fs, '/d', (flags) => flags | DAX_FL);
    putFile(fs, '/d/f');
    expect(fs.table('/d/f')).toBe('ext4_dax_aops');
  });

  test.each(['never', 'inode'] as const)('dax=%s without flags, and devices that cannot', (dax) => {
    const fs = mountDax(newDisk(4096), { dax, bufferedIomap: true });
    putFile(fs, '/f');
    expect(fs.table('/f')).toBe('ext4_iomap_aops');
    const plain = testMount(newDisk(4096), { dax: 'inode' });
    plain.mkdir('/d');
    setFlags(plain, '/d', (flags) => flags | DAX_FL);
    putFile(plain, '/d/f');
    expect(plain.table('/d/f')).toBe('ext4_da_aops');
  });

  test('journalled data excludes it, both ways; what is mapped directly cannot become journalled: EBUSY', () => {
    const fs = mountDax(newDisk(4096), { dax: 'inode', delalloc: false });
    putFile(fs, '/j');
    expect(setFlags(fs, '/j', (flags) => flags | JOURNAL_DATA_FL)).toBe('done');
    expect(setFlags(fs, '/j', (flags) => flags | DAX_FL)).toBe('EOPNOTSUPP');
    const always = mountDax(newDisk(4096), { delalloc: false });
    putFile(always, '/f');
    expect(setFlags(always, '/f', (flags) => flags | JOURNAL_DATA_FL)).toBe('EBUSY');
    expect(always.table('/f')).toBe('ext4_dax_aops');
  });

  test('contents that may lie in the inode: not where the file was made to be mapped', () => {
    const fs = mountDax(newDisk(4096, 8 << 20, { features: ['inline_data'] }), { dax: 'inode' });
    fs.mkdir('/d');
    setFlags(fs, '/d', (flags) => flags | DAX_FL);
    putFile(fs, '/d/f', bytes(5, 1));
    putFile(fs, '/inline', bytes(5, 1));
    expect(fs.table('/d/f')).toBe('ext4_dax_aops');
    expect(extentsOf(fs, '/d/f')).toMatchObject([{ length: PAGE, flags: 1 }]);
    setFlags(fs, '/inline', (flags) => flags | DAX_FL);
    expect(fs.table('/inline')).not.toBe('ext4_dax_aops');
  });
});

describe.each([{ features: [] }, { features: ['^extent', '^64bit'] }])('with $features', ({ features }) => {
  const diskOf = (sizeBytes = 8 << 20): MemoryDisk => newDisk(4096, sizeBytes, { features });

  test('bytes travel in no transfer, and are on the device when write has returned', async () => {
    const memory = diskOf();
    const disk = new CountingDisk(memory);
    const fs = testMount(disk, { dax: 'always' });
    putFile(fs, '/f', bytes(40 * PAGE, 7));
    fs.sync();
    disk.moved = { read: 0, write: 0 };
    const fd = fs.open('/f', { access: 'read-write' });
    fs.pwrite(fd, bytes(20 * PAGE, 8), 3 * PAGE + 100);
    const target = new Uint8Array(30 * PAGE);
    fs.pread(fd, target, 0);
    expect(disk.moved).toEqual({ read: 0, write: 0 });
    expect([target[3 * PAGE + 99], target[3 * PAGE + 100]]).toEqual([7, 8]);
    expect(fs.sb.pool.pagesUsed).toBe(0);
    const [extent] = extentsOf(fs, '/f');
    const found = new Uint8Array(PAGE);
    memory.read((extent?.physical ?? 0) + 4 * PAGE, found);
    expect(new Set(found)).toEqual(new Set([8]));
    fs.close(fd);
    fs.unmount();
    expect(await e2fsck(memory)).toBe('clean');
  });

  test('a new block holds zeros but for what was written, whatever lay there', () => {
    const disk = diskOf();
    const fs = mountDax(disk);
    putFile(fs, '/old', bytes(600 * PAGE, 9));
    fs.unlink('/old');
    fs.sync();
    const fd = fs.open('/f', { access: 'read-write', create: true });
    fs.ftruncate(fd, 500 * PAGE);
    for (let page = 0; page < 500; page += 2) fs.pwrite(fd, bytes(10, 1), page * PAGE + 50);
    const found = contents(fs, '/f');
    for (let page = 0; page < 500; page += 2) {
      const at = page * PAGE;
      expect(new Set(found.subarray(at, at + 50)).has(9)).toBe(false);
      expect(new Set(found.subarray(at + 60, at + PAGE))).toEqual(new Set([0]));
    }
    fs.checkInvariants();
  });

  test('a mapping shows the device: holes as zeros, then what is written there', () => {
    const fs = mountDax(diskOf());
    const fd = fs.open('/f', { access: 'read-write', create: true });
    fs.ftruncate(fd, 4 * PAGE);
    const [one, other] = [fs.mmap(fd, 0, 4 * PAGE, SHARED), fs.mmap(fd, 0, 4 * PAGE, SHARED)];
    const seen = (map: number, offset: number): number | undefined => {
      const target = new Uint8Array(1);
      fs.load(map, offset, target);
      return target[0];
    };
    expect([seen(one, PAGE), seen(other, PAGE), seen(other, 2 * PAGE)]).toEqual([0, 0, 0]);
    expect(extentsOf(fs, '/f')).toEqual([]);
    fs.pwrite(fd, bytes(1, 3), PAGE);
    expect([seen(one, PAGE), seen(other, PAGE)]).toEqual([3, 3]);
    fs.store(one, 2 * PAGE, bytes(1, 4));
    expect([seen(other, 2 * PAGE), contents(fs, '/f')[2 * PAGE]]).toEqual([4, 4]);
    fs.pwrite(fd, bytes(1, 5), 2 * PAGE);
    expect(seen(one, 2 * PAGE)).toBe(5);
    fs.checkInvariants();
    fs.fallocate(fd, 'punch', PAGE, PAGE);
    expect([seen(one, PAGE), seen(one, 2 * PAGE)]).toEqual([0, 5]);
    fs.ftruncate(fd, 2 * PAGE);
    expect(outcome(() => fs.load(one, 2 * PAGE, new Uint8Array(1)))).toBe('EFAULT');
    fs.checkInvariants();
  });

  test('a power cut in the middle of growing leaves nothing behind the end', async () => {
    const disk = diskOf();
    const fs = mountDax(disk);
    putFile(fs, '/f', bytes(3 * PAGE, 1));
    fs.sync();
    const fd = fs.open('/f', { access: 'write' });
    fs.pwrite(fd, bytes(200 * PAGE, 2), 2 * PAGE);
    const cut = disk.snapshot();
    const again = mountDax(cut);
    expect(again.stat('/f').size % PAGE).toBe(0);
    again.unmount();
    expect(await e2fsck(cut)).toBe('clean');
  });

  test('on a full device a write is short, then ENOSPC; nothing is placed behind the end', async () => {
    const disk = diskOf();
    const fs = mountDax(disk);
    const fd = fs.open('/f', { access: 'write', create: true });
    const written = fs.write(fd, bytes(8 << 20, 1));
    expect(written).toBeGreaterThan(1 << 20);
    expect(written).toBeLessThan(8 << 20);
    expect(outcome(() => fs.write(fd, bytes(1 << 20, 1)))).toBe('ENOSPC');
    expect(fs.fstat(fd).size).toBe(written);
    fs.closeAll();
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    expect(await debugfs(disk, 'stat /f')).toContain(`Size: ${written}`);
  });
});

test('what was fallocated is unwritten; a write takes what it touches out of it, with zeros around', () => {
  const fs = mountDax(newDisk(4096));
  const fd = fs.open('/f', { access: 'read-write', create: true });
  fs.fallocate(fd, 'allocate', 0, 100 * PAGE);
  fs.pwrite(fd, bytes(10, 1), 50 * PAGE + 5);
  const states = extentsOf(fs, '/f').map(({ logical, flags }) => [logical / PAGE, (flags & UNWRITTEN) !== 0]);
  expect(states).toEqual([
    [0, true],
    [50, false],
    [51, true],
  ]);
  expect(contents(fs, '/f').reduce((sum, byte) => sum + byte, 0)).toBe(10);
});

test('SEEK_DATA finds what mappings have touched of unwritten blocks (mapping_seek_hole_data counts DAX entries)', () => {
  const fs = mountDax(newDisk(4096));
  const fd = fs.open('/f', { access: 'read-write', create: true });
  fs.fallocate(fd, 'allocate', 0, 8 * PAGE);
  expect(outcome(() => fs.seek(fd, 0, 'data'))).toBe('ENXIO');
  const map = fs.mmap(fd, 0, 8 * PAGE, SHARED);
  fs.load(map, 3 * PAGE, new Uint8Array(1));
  expect(fs.seek(fd, 0, 'data')).toBe(3 * PAGE);
  expect(fs.seek(fd, 3 * PAGE, 'hole')).toBe(4 * PAGE);
});

test('O_DIRECT and RWF_NOWAIT ask nothing more of anybody, RWF_DONTCACHE is EOPNOTSUPP (kiocb_set_rw_flags)', () => {
  const fs = mountDax(newDisk(4096));
  const fd = fs.open('/f', { access: 'read-write', create: true, direct: true });
  expect(fs.pwrite(fd, bytes(5, 1), 3, { rwf: ['nowait'] })).toBe(5);
  const target = new Uint8Array(7);
  expect(fs.pread(fd, target, 1, { rwf: ['nowait'] })).toBe(7);
  expect([...target]).toEqual([0, 0, 1, 1, 1, 1, 1]);
  expect(outcome(() => fs.pread(fd, target, 0, { rwf: ['dontcache'] }))).toBe('EOPNOTSUPP');
  expect(outcome(() => fs.pwrite(fd, target, 0, { rwf: ['dontcache'] }))).toBe('EOPNOTSUPP');
});

test('advice about what is not cached changes nothing', () => {
  const fs = mountDax(newDisk(4096));
  putFile(fs, '/f', bytes(PAGE, 1));
  const fd = fs.open('/f', { access: 'read-write' });
  fs.fadvise(fd, 0, 0, 'willneed');
  fs.readahead(fd, 0, PAGE);
  fs.fadvise(fd, 0, 0, 'dontneed');
  fs.reclaim('/f', 100, PAGE);
  fs.checkInvariants();
  expect(fs.sb.pool.pagesUsed).toBe(0);
});

test('files with pointers and with extents become each other while they are mapped directly', async () => {
  const disk = newDisk(4096);
  const fs = mountDax(disk);
  putFile(fs, '/f', bytes(5 * PAGE, 1));
  expect(setFlags(fs, '/f', (flags) => flags & ~EXTENTS_FL)).toBe('done');
  expect(fs.table('/f')).toBe('ext4_dax_aops');
  expect(new Set(contents(fs, '/f'))).toEqual(new Set([1]));
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});
