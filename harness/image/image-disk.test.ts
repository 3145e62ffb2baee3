import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadLibc } from '../fuse/libc.ts';
import { ImageDisk } from './image-disk.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-disk-test-'));
  path = join(folder, 'disk.img');
  writeFileSync(path, new Uint8Array(20_000));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

describe.each([
  ['node:fs', undefined],
  ['the C library', await loadLibc()],
])('with the system calls of %s', (_, calls) => {
  test('memory in many pieces, of which some are neighbours, is transferred in order', () => {
    const disk = ImageDisk.open(path, calls);
    const memory = new Uint8Array(3000).map((_, index) => index % 251);
    const pieces = [
      memory.subarray(0, 1000),
      memory.subarray(1000, 1500),
      filled(7, 1),
      memory.subarray(2000),
    ];
    expect(disk.write(100, pieces)).toBe(true);
    const expected = Buffer.concat(pieces);
    expect(
      readFileSync(path)
        .subarray(100, 100 + expected.length)
        .equals(expected),
    ).toBe(true);
    const found = new Uint8Array(expected.length);
    const targets = [found.subarray(0, 10), found.subarray(10, 2000), found.subarray(2000)];
    expect(disk.read(100, targets)).toBe(true);
    expect(Buffer.from(found).equals(expected)).toBe(true);
    disk.close();
  });

  test('more pieces than one system call takes (IOV_MAX is 1024) are transferred all the same', () => {
    const disk = ImageDisk.open(path, calls);
    // Every second byte of some memory: no two pieces are neighbours.
    const sources = Array.from({ length: 3000 }, (_, index) => filled(1, index % 251));
    expect(disk.write(0, sources)).toBe(true);
    const targets = sources.map(() => new Uint8Array(1));
    expect(disk.read(0, targets)).toBe(true);
    expect(targets).toEqual(sources);
    disk.close();
  });

  test('a file that has become shorter cannot be read where it ended', () => {
    const disk = ImageDisk.open(path, calls);
    truncateSync(path, 5000);
    expect(disk.read(4000, [filled(1000, 0)])).toBe(true);
    expect(disk.read(4000, [filled(500, 0), filled(501, 0)])).toBe(false);
    disk.close();
  });

  test('one piece is transferred where it belongs, and not behind the end of the file', () => {
    const disk = ImageDisk.open(path, calls);
    expect(disk.write(300, [filled(4096, 7)])).toBe(true);
    const found = filled(4098, 1);
    expect(disk.read(299, [found])).toBe(true);
    expect(Buffer.from(found).equals(Buffer.from([0, ...filled(4096, 7), 0]))).toBe(true);
    expect(disk.read(20_000 - 4095, [filled(4096, 0)])).toBe(false);
    disk.close();
    expect(disk.read(0, [filled(4096, 0)])).toBe(false);
    expect(disk.write(0, [filled(4096, 0)])).toBe(false);
  });
});
