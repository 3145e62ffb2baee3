import { describe, expect, test } from 'vitest';
import { SlowDisk } from '../block/slow-disk.ts';
import type { FileSystem } from './file-system.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

/** A freed block has no I/O in flight: with four blocks in a folio, cutting some of them off keeps the folio in the cache. */

const BLOCK = 1024;

function cutWhileWritten(
  bufferedIomap: boolean,
  faults: readonly string[],
): { cut: () => void; fs: FileSystem } {
  const disk = new SlowDisk(newDisk(BLOCK));
  const fs = testMount(disk, { bufferedIomap, faults: new Set(faults) });
  const fd = fs.open('/f', { access: 'write', create: true });
  fs.write(fd, new Uint8Array(4 * BLOCK).fill(1));
  fs.fsync(fd);
  disk.slowDown(fs.sb.scheduler);
  fs.pwrite(fd, new Uint8Array(4 * BLOCK).fill(2), 0);
  fs.writeback('/f', 0, 4 * BLOCK);
  return { fs, cut: () => fs.ftruncate(fd, BLOCK) };
}

describe.each([
  ['buffer_head', false],
  ['iomap', true],
] as const)('on the %s path', (_name, bufferedIomap) => {
  test('truncation waits for what is on its way before it frees blocks', () => {
    const { fs, cut } = cutWhileWritten(bufferedIomap, []);
    cut();
    fs.checkInvariants();
    fs.closeAll();
    fs.unmount();
  });

  test('one that does not wait is seen', () => {
    const { cut } = cutWhileWritten(bufferedIomap, ['truncate-skips-writeback-drain']);
    expect(cut).toThrow(/freed while a transfer of them is under way/);
  });
});
