import { describe, expect, test } from 'vitest';
import type { BlockDevice } from '../block/block-device.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

const MIB = 2 ** 20;
const DISK_BYTES = 16 * MIB;

/** What a device was asked for, and how much of it is large enough to be contents. */
function countingReads(disk: MemoryDisk): { device: BlockDevice; bytes: () => number } {
  let bytes = 0;
  const device: BlockDevice = {
    sectors: disk.sectors,
    submit: (bio, endIo) => {
      if (bio.direction === 'read') for (const segment of bio.segments) bytes += segment.length;
      disk.submit(bio, endIo);
    },
  };
  return { device, bytes: () => bytes };
}

describe.each([false, true])('bufferedIomap %s', (bufferedIomap) => {
  /** Bytes that the device reads when a file of 4 MiB that is not cached is advised like this. */
  function readBy(advise: (fs: ReturnType<typeof testMount>, fd: number) => void): number {
    const { device, bytes } = countingReads(newDisk(4096, DISK_BYTES));
    const fs = testMount(device, { bufferedIomap });
    putFile(fs, 'f', new Uint8Array(4 * MIB).fill(1));
    fs.sync();
    fs.dropCaches();
    const fd = fs.open('f', { access: 'read' });
    fs.fstat(fd);
    // Where the blocks are is read by the first transfer, which a byte of the last page needs as well.
    fs.pread(fd, new Uint8Array(1), 4 * MIB - 1);
    const before = bytes();
    advise(fs, fd);
    return bytes() - before;
  }

  // Linux 6.18 on a loop device of read_ahead_kb 2560 and max_sectors_kb 1280 caches 640 pages of 4096 for this call; with
  // POSIX_FADV_SEQUENTIAL before it, which doubles the window, 1280. So the larger of window and transfer is the limit.
  test('WILLNEED of a whole file reads one transfer of 320 pages', () => {
    expect(readBy((fs, fd) => fs.fadvise(fd, 0, 0, 'willneed'))).toBe(320 * 4096);
  });

  test('readahead(2) of less reads that', () => {
    expect(readBy((fs, fd) => fs.readahead(fd, 8192, 100 * 4096))).toBe(100 * 4096);
  });
});
