import { describe, expect, test } from 'vitest';
import type { Run } from './operation.ts';
import { SparseContents } from './sparse-contents.ts';

/** Writes a run out byte by byte, as seed * 1000 + index + 1, with 0 for a zero. */
function flatten(runs: readonly Run[]): number[] {
  return runs.flatMap((run) =>
    Array.from({ length: run.length }, (_, index) =>
      run.kind !== 'bytes' ? 0 : run.seed * 1000 + run.start + index + 1,
    ),
  );
}

function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
}

describe('sparse contents', () => {
  test('equal an array of bytes, whatever is written and cut off', () => {
    const next = random(7);
    const contents = new SparseContents();
    let bytes: number[] = [];
    for (let step = 0; step < 5000; step++) {
      if (next(5) === 0) {
        const size = next(64);
        contents.truncate(size);
        bytes = Array.from({ length: size }, (_, index) => bytes[index] ?? 0);
      } else {
        const [offset, length, seed] = [next(60), 1 + next(20), next(4)];
        contents.write(offset, { seed, length }, length);
        while (bytes.length < offset) bytes.push(0);
        for (let index = 0; index < length; index++) bytes[offset + index] = seed * 1000 + index + 1;
      }
      expect(contents.size).toBe(bytes.length);
      expect(flatten(contents.read(0, 1000))).toEqual(bytes);
      const [offset, length] = [next(80), next(30)];
      expect(flatten(contents.read(offset, length))).toEqual(bytes.slice(offset, offset + length));
    }
  });

  test('are described the same way, however the same bytes came about', () => {
    const once = new SparseContents();
    once.write(0, { seed: 1, length: 100 }, 100);
    const twice = new SparseContents();
    twice.write(0, { seed: 1, length: 100 }, 100);
    twice.write(0, { seed: 1, length: 50 }, 50);
    expect(twice.read(0, 100)).toEqual(once.read(0, 100));
    expect(twice.boundaryCount).toBe(once.boundaryCount);
  });

  test('tell where written bytes begin and end, and the size', () => {
    const contents = new SparseContents();
    contents.write(10, { seed: 1, length: 5 }, 5);
    contents.truncate(40);
    const boundaries = Array.from({ length: contents.boundaryCount }, (_, index) =>
      contents.boundaryAt(index),
    );
    expect(boundaries).toEqual([10, 15, 40, 0]);
    expect(contents.hasWritten(0, 10)).toBe(false);
    expect(contents.hasWritten(14, 15)).toBe(true);
    expect(contents.hasWritten(15, 40)).toBe(false);
  });

  test('hold offsets beyond 2^32', () => {
    const contents = new SparseContents();
    contents.write(2 ** 43, { seed: 2, length: 3 }, 3);
    expect(contents.size).toBe(2 ** 43 + 3);
    expect(contents.read(2 ** 43 - 1, 10)).toEqual([
      { kind: 'zeros', length: 1 },
      { kind: 'bytes', seed: 2, start: 0, length: 3 },
    ]);
  });
});
