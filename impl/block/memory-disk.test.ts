import fc from 'fast-check';
import { expect, test } from 'vitest';
import { present } from '../lib/assert.ts';
import { MemoryDisk } from './memory-disk.ts';

const SIZE = 64 * 1024;

const write = fc.record({
  offset: fc.nat(SIZE - 1),
  length: fc.nat(9000),
  byte: fc.integer({ min: 1, max: 255 }),
});

function contents(disk: MemoryDisk): Uint8Array {
  const all = new Uint8Array(disk.sizeBytes);
  disk.read(0, all);
  return all;
}

/** Has no place in an array for each of its pages. */
const HUGE = 2 ** 54;
const FAR = HUGE - 2 ** 20;

test('a disk of any size costs what is written to it, and its snapshots, discards and extents take no longer', () => {
  const disk = new MemoryDisk(HUGE);
  disk.write(5000, Uint8Array.of(1));
  disk.write(FAR + 100_000, new Uint8Array(200_000).fill(7));
  const snapshot = disk.snapshot();
  disk.discard(0, (FAR + 131_072) / 512);
  const found = (from: MemoryDisk): [number, number][] =>
    [...from.extents()].map(({ offset, pages }) => [offset, pages.length]);
  const page = (offset: number): number => Math.floor(offset / 4096) * 4096;
  const pages = (from: number): number => (page(FAR + 299_999) - page(from)) / 4096 + 1;
  expect(found(snapshot)).toEqual([
    [4096, 1],
    [page(FAR + 100_000), pages(FAR + 100_000)],
  ]);
  expect(found(disk)).toEqual([[FAR + 131_072, pages(FAR + 131_072)]]);
  const bytes = new Uint8Array(4);
  disk.read(FAR + 131_070, bytes);
  expect([...bytes]).toEqual([0, 0, 7, 7]);
  snapshot.read(FAR + 131_070, bytes);
  expect([...bytes]).toEqual([7, 7, 7, 7]);
});

/** vitest compares arrays element by element, which takes seconds for a disk. */
const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

test('a disk and its snapshots are as independent as copies', () => {
  fc.assert(
    fc.property(fc.array(write), fc.array(write), fc.array(write), (before, left, right) => {
      const apply = (disk: MemoryDisk, flat: Uint8Array, writes: typeof before): void => {
        for (const { offset, length, byte } of writes) {
          const data = new Uint8Array(Math.min(length, SIZE - offset)).fill(byte);
          disk.write(offset, data);
          flat.set(data, offset);
        }
      };
      const disk = new MemoryDisk(SIZE);
      const flat = new Uint8Array(SIZE);
      apply(disk, flat, before);
      const snapshot = disk.snapshot();
      const copy = flat.slice();
      apply(disk, flat, left);
      apply(snapshot, copy, right);
      expect(same(contents(disk), flat)).toBe(true);
      expect(same(contents(snapshot), copy)).toBe(true);
    }),
  );
});

test('pages of released disks serve others of the family, and no disk that is left sees it', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), which: fc.nat(), write }),
    fc.record({ kind: fc.constant('discard' as const), which: fc.nat(), write }),
    fc.record({ kind: fc.constant('snapshot' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const alive = [{ disk: new MemoryDisk(SIZE), flat: new Uint8Array(SIZE) }];
      for (const { which, ...step } of steps) {
        const index = which % alive.length;
        const one = present(alive[index], 'a disk');
        if (step.kind === 'snapshot') alive.push({ disk: one.disk.snapshot(), flat: one.flat.slice() });
        else if (step.kind === 'release') {
          if (alive.length > 1) {
            alive.splice(index, 1);
            one.disk.release();
          }
        } else if (step.kind === 'write') {
          const { offset, length, byte } = step.write;
          const data = new Uint8Array(Math.min(length, SIZE - offset)).fill(byte);
          one.disk.write(offset, data);
          one.flat.set(data, offset);
        } else {
          const [first, end] = [
            step.write.offset >> 9,
            Math.min(SIZE, step.write.offset + step.write.length) >> 9,
          ];
          one.disk.discard(first, Math.max(0, end - first));
          one.flat.fill(0, first * 512, Math.max(first, end) * 512);
        }
      }
      for (const { disk, flat } of alive) expect(same(contents(disk), flat)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('what is written to a released disk, or released twice, is refused', () => {
  const disk = new MemoryDisk(SIZE);
  disk.release();
  expect(() => disk.release()).toThrow('released twice');
  expect(() => disk.snapshot()).toThrow('released');
  const bio = {
    direction: 'write',
    sector: 0,
    segments: [new Uint8Array(512)],
    preflush: false,
    fua: false,
  } as const;
  expect(() => disk.submit(bio, () => undefined)).toThrow('released');
});

test('extents and load carry a disk to a file and back', () => {
  const disk = new MemoryDisk(SIZE);
  disk.write(5000, new Uint8Array([1, 2, 3]));
  disk.write(40_000, new Uint8Array(9000).fill(7));
  const file = new Uint8Array(SIZE);
  for (const { offset, pages } of disk.extents()) {
    pages.forEach((page, index) => {
      file.set(page, offset + index * page.length);
    });
  }
  expect(same(file, contents(disk))).toBe(true);
  const loaded = MemoryDisk.load(SIZE, (offset, target) => {
    target.set(file.subarray(offset, offset + target.length));
    return target.length;
  });
  expect(same(contents(loaded), file)).toBe(true);
});

test('a transfer beyond the end fails with EIO and writes nothing', () => {
  const disk = new MemoryDisk(4096);
  let result: string | null = 'pending';
  const segments = [new Uint8Array(1024).fill(1)];
  disk.submit({ direction: 'write', sector: 7, segments, preflush: false, fua: false }, (status) => {
    result = status;
  });
  expect(result).toBe('EIO');
  expect(same(contents(disk), new Uint8Array(4096))).toBe(true);
});
