import { expect, test } from 'vitest';
import type { Outcome, Run, Stat } from '../model/index.ts';
import { describe, difference } from './compare.ts';
import { streamBytes } from './content.ts';

const ok = (value: Extract<Outcome, { ok: true }>['value']): Outcome => ({ ok: true, value });
const failed = (errno: 'ENOENT' | 'EEXIST'): Outcome => ({ ok: false, errno });
const data = (bytes: Uint8Array): Outcome => ok({ kind: 'data', bytes });

const STAT: Stat = {
  type: 'file',
  mode: 0o644,
  links: 1,
  uid: 0,
  gid: 0,
  size: 5,
  atime: { seconds: 1, nanoseconds: 2 },
  mtime: { seconds: 3, nanoseconds: 4 },
  ctime: { seconds: 5, nanoseconds: 6 },
};

const RUNS: readonly Run[] = [
  { kind: 'zeros', length: 3 },
  { kind: 'bytes', seed: 7, start: 100, length: 5 },
];

function rightBytes(): Uint8Array {
  const bytes = new Uint8Array(8);
  bytes.set(streamBytes(7, 100, 5), 3);
  return bytes;
}

test('equal outcomes have no difference', () => {
  expect(difference(failed('ENOENT'), failed('ENOENT'))).toBeNull();
  expect(difference(ok({ kind: 'runs', runs: RUNS }), data(rightBytes()))).toBeNull();
  expect(difference(ok({ kind: 'stat', stat: STAT }), ok({ kind: 'stat', stat: { ...STAT } }))).toBeNull();
});

test('errnos differ by pair', () => {
  expect(difference(failed('ENOENT'), failed('EEXIST'))?.what).toBe('errno ENOENT/EEXIST');
  expect(difference(ok({ kind: 'done' }), failed('EEXIST'))?.what).toBe('errno ok/EEXIST');
});

test('a stray byte is named with its place and both sides', () => {
  const bytes = rightBytes();
  bytes[5] = 0;
  const found = difference(ok({ kind: 'runs', runs: RUNS }), data(bytes));
  expect(found?.what).toBe('other bytes');
  expect(found?.expected).toContain('at byte 5');
  bytes.fill(0, 3);
  expect(difference(ok({ kind: 'runs', runs: RUNS }), data(bytes))?.what).toBe('zeros where bytes belong');
  bytes[1] = 9;
  expect(difference(ok({ kind: 'runs', runs: RUNS }), data(bytes))?.what).toBe('bytes where zeros belong');
});

test('too few bytes are a difference', () => {
  expect(difference(ok({ kind: 'runs', runs: RUNS }), data(rightBytes().subarray(1)))?.what).toBe(
    'length of data',
  );
});

test.each(['type', 'mode', 'links', 'uid', 'gid', 'size', 'atime', 'mtime', 'ctime'] as const)(
  'stat differs by its field %s',
  (field) => {
    const other = { seconds: 1_700_000_000, nanoseconds: 0 };
    const value = field === 'type' ? 'symlink' : field.endsWith('time') ? other : 99;
    const found = difference(
      ok({ kind: 'stat', stat: STAT }),
      ok({ kind: 'stat', stat: { ...STAT, [field]: value } }),
    );
    expect(found?.what).toBe(field);
  },
);

test('entries differ by name, type and number', () => {
  const entries = (...names: string[]): Outcome =>
    ok({ kind: 'entries', entries: names.map((name) => ({ name, type: 'file' })) });
  expect(difference(entries('a', 'b'), entries('a', 'b'))).toBeNull();
  expect(difference(entries('a', 'b'), entries('a'))?.what).toBe('entries');
  expect(difference(entries('a'), entries('a', 'b'))?.what).toBe('entries');
  expect(
    difference(entries('a'), ok({ kind: 'entries', entries: [{ name: 'a', type: 'symlink' }] }))?.what,
  ).toBe('entries');
});

test('an answer of another kind is a difference', () => {
  expect(difference(ok({ kind: 'done' }), ok({ kind: 'count', count: 3 }))?.what).toBe('value done/count');
});

test('outcomes are described in a few words', () => {
  expect(describe(failed('ENOENT'))).toBe('ENOENT');
  expect(describe(ok({ kind: 'runs', runs: RUNS }))).toBe('3 zeros + 5 bytes of content 7 from 100');
});
