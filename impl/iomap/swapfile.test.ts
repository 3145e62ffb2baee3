import { expect, test } from 'vitest';
import { Failure } from '../lib/errno.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { IomapOps, IomapType } from './iomap.ts';
import { swapfilePages } from './swapfile.ts';

/** Pieces of a file of blocks of 1 KiB, each with its first block on the device. */
interface Piece {
  readonly type: IomapType;
  readonly blocks: number;
  readonly at: number;
}

const BLOCK = 1024;

const ops: IomapOps<readonly Piece[]> = {
  *begin(pieces, position, _length, iomap) {
    let start = 0;
    for (const { type, blocks, at } of pieces) {
      const end = start + blocks * BLOCK;
      if (position < end) {
        iomap.type = type;
        iomap.offset = start;
        iomap.length = blocks * BLOCK;
        iomap.address = at * BLOCK;
        return;
      }
      start = end;
    }
  },
};

function pagesOf(pieces: readonly Piece[], pagesMax = 100): unknown {
  const size = pieces.reduce((sum, { blocks }) => sum + blocks * BLOCK, 0);
  try {
    return new Scheduler().call('swapon', () => swapfilePages(pieces, size, pagesMax, ops));
  } catch (error) {
    if (error instanceof Failure) return error.errno;
    throw error;
  }
}

// iomap_swapfile_add_extent of Linux: pages are whole pages of the device, four blocks each here.
test('pages are whole pages of the device, put together of what continues there', () => {
  expect(pagesOf([{ type: 'mapped', blocks: 10, at: 6 }])).toEqual([{ start: 0, pages: 2, devicePage: 2 }]);
  const parts: Piece[] = [
    { type: 'mapped', blocks: 3, at: 8 },
    { type: 'unwritten', blocks: 5, at: 11 },
    { type: 'mapped', blocks: 8, at: 40 },
  ];
  expect(pagesOf(parts)).toEqual([
    { start: 0, pages: 2, devicePage: 2 },
    { start: 2, pages: 2, devicePage: 10 },
  ]);
  expect(pagesOf(parts, 3)).toEqual([
    { start: 0, pages: 2, devicePage: 2 },
    { start: 2, pages: 1, devicePage: 10 },
  ]);
});

test.each<IomapType>(['hole', 'delalloc', 'inline'])('what is %s cannot be swapped to', (type) => {
  expect(
    pagesOf([
      { type: 'mapped', blocks: 8, at: 8 },
      { type, blocks: 8, at: 16 },
    ]),
  ).toBe('EINVAL');
});

test('nor what is no whole page anywhere', () => {
  expect(pagesOf([{ type: 'mapped', blocks: 6, at: 1 }])).toBe('EINVAL');
  expect(pagesOf([])).toBe('EINVAL');
});
