import { describe, expect, test } from 'vitest';
import { FailingDisk } from '../block/failing-disk.ts';
import { MappableDisk } from '../block/mappable-disk.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { PowerCuts } from '../block/power-cuts.ts';
import { RecordingDisk } from '../block/recording-disk.ts';
import { ZeroingDisk } from '../block/zeroing-disk.ts';
import { FIEMAP_EXTENT_UNWRITTEN } from '../iomap/fiemap.ts';
import { e2fsck } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { extentsOf, newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const BLOCK = 4096;

const TABLES: readonly (readonly [name: string, request: MountRequest])[] = [
  ['ext4_da_aops', {}],
  ['ext4_aops', { delalloc: false, dioreadNolock: false }],
  ['ext4_journalled_aops', { data: 'journal' }],
  ['ext4_iomap_aops', { bufferedIomap: true }],
  ['ext4_dax_aops', { dax: 'always' }],
];

/** A disk whose free blocks hold what an older file held, so that whoever shows one shows something. */
function staleDisk(): MemoryDisk {
  const disk = newDisk(BLOCK, 8 << 20);
  const fs = testMount(disk);
  putFile(fs, '/old', new Uint8Array(3 << 20).fill(9));
  fs.sync();
  fs.unlink('/old');
  fs.unmount();
  return disk;
}

const mountOn = (disk: MemoryDisk, request: MountRequest): FileSystem =>
  testMount(new ZeroingDisk(request.dax === 'always' ? new MappableDisk(disk) : disk), request);

function contentsOf(fs: FileSystem, path: string): Uint8Array {
  const target = new Uint8Array(fs.stat(path).size);
  const fd = fs.open(path, { access: 'read' });
  expect(fs.pread(fd, target, 0)).toBe(target.length);
  fs.close(fd);
  return target;
}

/** `length` ones, of which bytes [from, to) are zeros. */
function onesBut(length: number, from: number, to: number): Uint8Array {
  return new Uint8Array(length).fill(1).fill(0, from, to);
}

// Documentation of FALLOC_FL_WRITE_ZEROES (fallocate(2)): zeros that are written, so that a later write changes no metadata.
describe.each(TABLES)('%s', (table, request) => {
  test('over written, delayed and unwritten blocks, holes and the end, there are zeros in written blocks afterwards', async () => {
    const disk = staleDisk();
    const fs = mountOn(disk, request);
    putFile(fs, '/f', onesBut(6 * BLOCK, 0, 0));
    expect(fs.table('/f')).toBe(table);
    fs.sync();
    const fd = fs.open('/f', { access: 'read-write' });
    fs.fallocate(fd, 'punch', BLOCK, BLOCK);
    fs.fallocate(fd, 'zero', 2 * BLOCK, BLOCK);
    fs.pwrite(fd, new Uint8Array(BLOCK).fill(1), 3 * BLOCK);
    fs.fallocate(fd, 'write-zeroes', 100, 9 * BLOCK - 100);
    expect(contentsOf(fs, '/f')).toEqual(onesBut(9 * BLOCK, 100, 9 * BLOCK));
    fs.fsync(fd);
    const extents = extentsOf(fs, '/f');
    expect(extents.reduce((bytes, { length }) => bytes + length, 0)).toBe(9 * BLOCK);
    // The first block is zeroed in part, and so what it was before; all others are written.
    const rest = extents.filter(({ logical }) => logical >= BLOCK);
    for (const { flags } of rest) expect(flags & FIEMAP_EXTENT_UNWRITTEN).toBe(0);
    fs.checkInvariants();
    fs.close(fd);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    const again = mountOn(disk, request);
    expect(contentsOf(again, '/f')).toEqual(onesBut(9 * BLOCK, 100, 9 * BLOCK));
  });

  test('it is refused where the device does not write zeros fast', () => {
    const disk = staleDisk();
    const fs = testMount(request.dax === 'always' ? new MappableDisk(disk) : disk, request);
    putFile(fs, '/f', onesBut(2 * BLOCK, 0, 0));
    const fd = fs.open('/f', { access: 'read-write' });
    expect(outcome(() => fs.fallocate(fd, 'write-zeroes', 0, BLOCK))).toBe('EOPNOTSUPP');
    expect(contentsOf(fs, '/f')).toEqual(onesBut(2 * BLOCK, 0, 0));
  });
});

describe.each(TABLES.filter(([, { dax }]) => dax === undefined))('%s', (_, request) => {
  test('nothing but ones and zeros is ever found after a power cut, and zeros only once it is durable', () => {
    const recording = new RecordingDisk(staleDisk(), true);
    const fs = testMount(recording, request);
    putFile(fs, '/f', onesBut(4 * BLOCK, 0, 0));
    fs.sync();
    const durable = recording.writes.length;
    const fd = fs.open('/f', { access: 'read-write' });
    fs.fallocate(fd, 'write-zeroes', BLOCK, 6 * BLOCK);
    fs.fsync(fd);
    const cuts = new PowerCuts(recording.start, recording.writes);
    for (let point = durable; point <= recording.writes.length; point++) {
      const after = mountOn(cuts.disk({ point, lost: [] }), request);
      const found = contentsOf(after, '/f');
      for (const [index, byte] of found.entries()) {
        if (index < BLOCK) expect(byte).toBe(1);
        else if (index >= 4 * BLOCK) expect(byte).toBe(0);
        else expect([0, 1]).toContain(byte);
      }
      if (point === recording.writes.length) expect(found).toEqual(onesBut(7 * BLOCK, BLOCK, 7 * BLOCK));
      after.unmount();
    }
  });

  test('a device that fails to write the zeros leaves no old bytes in their place', () => {
    const failing = new FailingDisk(new ZeroingDisk(staleDisk()));
    const fs = testMount(failing, request);
    putFile(fs, '/f', new Uint8Array(0));
    fs.sync();
    const fd = fs.open('/f', { access: 'read-write' });
    failing.begin({ writes: { from: 0, to: 1 } });
    expect(outcome(() => fs.fallocate(fd, 'write-zeroes', 0, 4 * BLOCK))).toBe('EIO');
    failing.begin(null);
    expect(new Set(contentsOf(fs, '/f'))).toEqual(new Set([0]));
    fs.checkInvariants();
  });
});
