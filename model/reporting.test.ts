import { expect, test } from 'vitest';
import type { FileExtent, Operation, Outcome } from './operation.ts';
import { ext4MaxFileBytes } from './options.ts';
import { Session, moved } from './testing.ts';

const BLOCK = 4096;

/** A file with bytes in its blocks 1 and 2, and 5, and nothing else in its eight. */
function session(options: ConstructorParameters<typeof Session>[0] = {}) {
  const made = new Session(options);
  const handle = made.open('f', 'read-write', { create: true });
  made.prepare(
    { op: 'pwrite', handle, offset: 5000, content: { seed: 1, length: 7000 } },
    { op: 'pwrite', handle, offset: 5 * BLOCK, content: { seed: 2, length: 1 } },
    { op: 'ftruncate', handle, size: 8 * BLOCK },
  );
  return { made, handle };
}

const extent = (block: number, blocks: number, state: FileExtent['state'] = 'written'): FileExtent => ({
  offset: block * BLOCK,
  length: blocks * BLOCK,
  state,
});

test('a report of extents must have all that was written, in order, and may have more', () => {
  const { made } = session();
  const follows = (extents: readonly FileExtent[], more: Partial<Operation> = {}): boolean => {
    const observed: Outcome = { ok: true, value: { kind: 'extents', extents } };
    const asked = { op: 'fiemap', path: 'f', offset: 0, length: 1 << 20, ...more } as Operation;
    return made.step(asked, observed) === observed;
  };
  expect(follows([extent(1, 2), extent(5, 1)])).toBe(true);
  expect(follows([extent(0, 12, 'unwritten')])).toBe(true);
  expect(follows([extent(1, 2, 'delayed'), extent(5, 1)])).toBe(true);
  expect(follows([extent(1, 2)])).toBe(false);
  expect(follows([extent(2, 1), extent(5, 1)])).toBe(false);
  expect(follows([extent(1, 2), extent(2, 4)])).toBe(false);
  expect(follows([extent(5, 1), extent(1, 2)])).toBe(false);
  // Written out before it reports: nothing written is unwritten or waits.
  expect(follows([extent(1, 2), extent(5, 1), extent(6, 1, 'unwritten')], { sync: true })).toBe(true);
  expect(follows([extent(1, 2, 'unwritten'), extent(5, 1)], { sync: true })).toBe(false);
  expect(follows([extent(1, 2), extent(5, 1, 'delayed')], { sync: true })).toBe(false);
  // Only what the range touches.
  expect(follows([extent(5, 1)], { offset: 4 * BLOCK })).toBe(true);
  expect(follows([extent(1, 2), extent(5, 1)], { offset: 4 * BLOCK })).toBe(false);
});

test('an empty range is EINVAL, one beyond the largest file EFBIG', () => {
  const { made } = session();
  const ask = (offset: number, length: number): string =>
    made.run({ op: 'fiemap', path: 'f', offset, length });
  expect([ask(0, 0), ask(2 ** 44, 0), ask(2 ** 44, 1), ask(2 ** 43, 1)]).toEqual([
    'EINVAL',
    'EINVAL',
    'EFBIG',
    'ok',
  ]);
  expect(ask(ext4MaxFileBytes(BLOCK), 1)).toBe('EINVAL');
});

test('a block with bytes has a number; others may have none', () => {
  const { made } = session();
  const block = (number: number, observed: number): number =>
    made.count({ op: 'bmap', path: 'f', block: number }, moved(observed));
  expect(block(1, 77)).toBe(77);
  expect(block(1, 0)).not.toBe(0);
  expect(block(3, 0)).toBe(0);
  expect(block(3, 55)).toBe(55);
  expect(made.run({ op: 'bmap', path: '.', block: 0 })).toBe('ENOTTY');
  expect(made.run({ op: 'bmap', path: 'f', block: -1 })).toBe('EINVAL');
  made.prepare({ op: 'chmod', path: 'f', mode: 0o666 });
  made.as(1000);
  expect(made.run({ op: 'bmap', path: 'f', block: -1 })).toBe('EPERM');
});

test('without delayed allocation a block may stay unwritten, and has no number then', () => {
  const { made } = session({ delalloc: false });
  expect(made.count({ op: 'bmap', path: 'f', block: 1 }, moved(0))).toBe(0);
});
