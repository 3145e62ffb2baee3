import { expect, test } from 'vitest';
import { difference } from './compare.ts';
import { streamBytes } from './content.ts';
import { byteRows } from './difference-detail.ts';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

test('only rows that differ are kept, with both sides of them', () => {
  const observed = new Uint8Array(48);
  observed.set(streamBytes(7, 0, 16), 16);
  observed[40] = 0xff;
  const { rows, more } = byteRows(
    [
      { kind: 'zeros', length: 16 },
      { kind: 'bytes', seed: 7, start: 0, length: 16 },
      { kind: 'zeros', length: 16 },
    ],
    observed,
  );
  expect({ more, rows }).toEqual({
    more: 0,
    rows: [{ offset: 32, expected: hex(new Uint8Array(16)), observed: hex(observed.subarray(32)) }],
  });
});

test('bytes that may be any never differ, and a short answer does', () => {
  expect(byteRows([{ kind: 'any', length: 20 }], new Uint8Array(20).fill(9)).rows).toEqual([]);
  expect(byteRows([{ kind: 'zeros', length: 20 }], new Uint8Array(18))).toEqual({
    rows: [{ offset: 16, expected: '00 00 00 00', observed: '00 00' }],
    more: 0,
  });
});

test('what is too much to show is counted', () => {
  const { rows, more } = byteRows([{ kind: 'zeros', length: 1 << 16 }], new Uint8Array(1 << 16).fill(1));
  expect(rows.length + more).toBe(4096);
  expect(rows.length).toBeLessThan(100);
});

test('of attributes each that differs is named', () => {
  const time = { seconds: 5, nanoseconds: 0 };
  const stat = {
    type: 'file',
    size: 1,
    links: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    atime: time,
    mtime: time,
    ctime: time,
  } as const;
  const found = difference(
    { ok: true, value: { kind: 'stat', stat } },
    {
      ok: true,
      value: { kind: 'stat', stat: { ...stat, size: 2, mode: 0o600, ctime: { seconds: 6, nanoseconds: 1 } } },
    },
  );
  expect(found?.detail?.fields).toEqual([
    { field: 'size', expected: '1', observed: '2' },
    { field: 'mode', expected: '0644', observed: '0600' },
    { field: 'ctime', expected: '5.000000000', observed: '6.000000001' },
  ]);
});
