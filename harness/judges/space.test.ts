import { expect, test } from 'vitest';
import type { Operation, SpaceReport } from '../../model/index.ts';
import { DEFAULT_SETUP, type Setup } from '../setup.ts';
import { permitsNoSpace, ranOut, spaceBefore } from './space.ts';

const SETUP: Setup = { ...DEFAULT_SETUP, blockSize: 1024, sizeBytes: 10_000 * 1024 };

const space = (blocksFree: number, inodesFree = 100): SpaceReport => ({
  blockSize: 1024,
  blocks: 10_000,
  blocksFree,
  blocksAvailable: blocksFree,
  inodes: 1000,
  inodesFree,
});

const write = (length: number): Operation => ({ op: 'write', handle: 'fd0', content: { seed: 1, length } });
const MKDIR: Operation = { op: 'mkdir', path: 'd', mode: 0o755 };

test('ENOSPC and short writes are what a full disk answers', () => {
  expect(ranOut(MKDIR, { ok: false, errno: 'ENOSPC' })).toBe(true);
  expect(ranOut(MKDIR, { ok: false, errno: 'EEXIST' })).toBe(false);
  expect(ranOut(write(10), { ok: true, value: { kind: 'count', count: 9 } })).toBe(true);
  expect(ranOut(write(10), { ok: true, value: { kind: 'count', count: 10 } })).toBe(false);
  expect(
    ranOut(
      { op: 'seek', handle: 'fd0', offset: 10, whence: 'set' },
      { ok: true, value: { kind: 'count', count: 9 } },
    ),
  ).toBe(false);
});

// 2 % of 10,000 blocks are kept back, and a call may need some for metadata.
test('a disk may refuse when what is left, less what is kept back, does not do', () => {
  expect(permitsNoSpace(space(200), MKDIR, SETUP, true)).toBe(true);
  expect(permitsNoSpace(space(1000), MKDIR, SETUP, true)).toBe(false);
  expect(permitsNoSpace(space(1000), write(900 * 1024), SETUP, true)).toBe(true);
  expect(permitsNoSpace(space(1000), write(500 * 1024), SETUP, true)).toBe(false);
});

test('without a free inode nothing is created, and writing goes on', () => {
  expect(permitsNoSpace(space(5000, 0), MKDIR, SETUP, true)).toBe(true);
  expect(permitsNoSpace(space(5000, 0), write(1), SETUP, true)).toBe(false);
});

test('the reserve is for those who may use it', () => {
  const reserved: SpaceReport = { ...space(1000), blocksAvailable: 100 };
  expect(permitsNoSpace(reserved, MKDIR, SETUP, true)).toBe(false);
  expect(permitsNoSpace(reserved, MKDIR, SETUP, false)).toBe(true);
});

test('what a failed write gave back was not there for it', () => {
  expect(permitsNoSpace(spaceBefore(space(1000), 900 * 1024), write(10), SETUP, true)).toBe(true);
  expect(permitsNoSpace(spaceBefore(space(1000), 100 * 1024), write(10), SETUP, true)).toBe(false);
  expect(spaceBefore(space(10), 2 ** 40)).toMatchObject({ blocksFree: 0, blocksAvailable: 0 });
});
