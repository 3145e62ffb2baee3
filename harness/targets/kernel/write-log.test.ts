import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readWriteLog } from './write-log.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-log-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** As drivers/md/dm-log-writes.c writes it: a super block, then entries, each in a sector, with its data behind it. */
function logOf(
  ...entries: readonly (readonly [sector: number, flags: number, data: Buffer | string])[]
): string {
  const numbers = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(512);
    for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * index);
    return bytes;
  };
  const head = numbers(0, 1, entries.length, 512);
  head.writeBigUInt64LE(0x6a736677736872n, 0);
  const parts = entries.flatMap(([sector, flags, data]) => {
    const entry = numbers(sector, typeof data === 'string' ? 0 : data.length / 512, flags, data.length);
    if (typeof data === 'string') entry.write(data, 32);
    return typeof data === 'string' ? [entry] : [entry, data];
  });
  const path = join(folder, 'log');
  writeFileSync(path, Buffer.concat([head, ...parts]));
  return path;
}

const [FLUSH, FUA, MARK] = [1, 2, 8];
const data = Buffer.alloc(1024, 7);
const nothing = Buffer.alloc(0);

test('writes come in order, with their flags, and marks among them', () => {
  const path = logOf(
    [8, 0, data],
    [0, MARK, 'after-0'],
    [0, FLUSH, nothing],
    [16, FUA, data],
    [0, MARK, 'after-1'],
  );
  const { writes, marks } = readWriteLog(path);
  expect(writes).toEqual([
    { sector: 8, data, preflush: false, fua: false },
    { sector: 0, data: nothing, preflush: true, fua: false },
    { sector: 16, data, preflush: false, fua: true },
  ]);
  expect([...marks]).toEqual([
    ['after-0', 1],
    ['after-1', 3],
  ]);
});

test('what is no log, and one that was cut off, is refused', () => {
  const none = join(folder, 'none');
  writeFileSync(none, Buffer.alloc(4096));
  expect(() => readWriteLog(none)).toThrow(`${none}: no log of dm-log-writes, version 1`);
  const cut = logOf([8, 0, data]);
  writeFileSync(cut, Buffer.from(Array.from({ length: 512 })), { flag: 'r+' });
  expect(() => readWriteLog(cut)).toThrow('no log');
});
