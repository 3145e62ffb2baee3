import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Corruption } from '../../lib/corruption.ts';
import {
  checkBlock,
  entryIno,
  entryLength,
  fileTypeOfMode,
  findInBlock,
  findRoom,
  hasDots,
  hasEntries,
  initializeFirstBlock,
  initializeLeaf,
  insertAt,
  removeAt,
} from './block.ts';
import { EXT4_FT_DIR } from '../layout/directory.ts';

const INODES = 1000;
const name = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One change of a block: a name of `length` bytes made from `id` comes, or goes. */
const change = fc.record({
  adds: fc.boolean(),
  id: fc.integer({ min: 1, max: 40 }),
  length: fc.constantFrom(2, 3, 4, 5, 8, 60, 255),
});

const padded = (id: number, length: number): string => `${id}`.padStart(length, '.');

describe('a leaf block', () => {
  test.each([false, true])('holds what a Map holds, whatever comes and goes (tail: %s)', (hasTail) => {
    fc.assert(
      fc.property(fc.constantFrom(1024, 4096), fc.array(change, { maxLength: 120 }), (size, changes) => {
        const data = new Uint8Array(size);
        initializeLeaf(data, hasTail);
        const expected = new Map<string, number>();
        for (const { adds, id, length } of changes) {
          const text = padded(id, length);
          const at = findInBlock(data, name(text));
          expect(at >= 0).toBe(expected.has(text));
          if (adds && at < 0) {
            const room = findRoom(data, length);
            if (room >= 0) {
              insertAt(data, room, id, 1, name(text));
              expected.set(text, id);
            }
          } else if (!adds && at >= 0) {
            removeAt(data, at);
            expected.delete(text);
          }
          checkBlock(data, INODES, hasTail, 'the block under test');
          for (const [known, ino] of expected)
            expect(entryIno(data, findInBlock(data, name(known)))).toBe(ino);
          expect(hasEntries(data, 0)).toBe(expected.size > 0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('takes 85 names of 4 bytes in 1024 bytes, and 84 beside a tail', () => {
    // An entry of 8 + 4 bytes: 1024 / 12 = 85.3, and (1024 - 12) / 12 = 84.3.
    for (const [hasTail, count] of [
      [false, 85],
      [true, 84],
    ] as const) {
      const data = new Uint8Array(1024);
      initializeLeaf(data, hasTail);
      let added = 0;
      for (let room = findRoom(data, 4); room >= 0; room = findRoom(data, 4)) {
        insertAt(data, room, 11, 1, name(padded(added++, 4)));
      }
      expect(added).toBe(count);
    }
  });

  test('gives the room of a removed name to the next of its size, wherever it was', () => {
    for (const victim of [0, 1, 50, 83]) {
      const data = new Uint8Array(1024);
      initializeLeaf(data, true);
      for (let id = 0; id < 84; id++) insertAt(data, findRoom(data, 4), 11, 1, name(padded(id, 4)));
      expect(findRoom(data, 4)).toBe(-1);
      removeAt(data, findInBlock(data, name(padded(victim, 4))));
      insertAt(data, findRoom(data, 4), 12, 1, name('NEW!'));
      expect(findRoom(data, 1)).toBe(-1);
      checkBlock(data, INODES, true, 'the block under test');
    }
  });

  test('wipes the bytes of a removed name', () => {
    const data = new Uint8Array(1024);
    initializeLeaf(data, false);
    insertAt(data, findRoom(data, 6), 11, 1, name('secret'));
    insertAt(data, findRoom(data, 6), 12, 1, name('SECRET'));
    removeAt(data, findInBlock(data, name('SECRET')));
    removeAt(data, findInBlock(data, name('secret')));
    expect(new TextDecoder().decode(data).toLowerCase()).not.toContain('secret');
  });
});

describe('the first block', () => {
  test('has . and .. as in Documentation/filesystems/ext4/directory.rst', () => {
    const data = new Uint8Array(1024);
    initializeFirstBlock(data, { ino: 12, parentIno: 2, type: EXT4_FT_DIR }, false);
    expect([...data.subarray(0, 9)]).toEqual([12, 0, 0, 0, 12, 0, 1, 2, 0x2e]);
    expect([...data.subarray(12, 22)]).toEqual([2, 0, 0, 0, 0xf4, 3, 2, 2, 0x2e, 0x2e]);
    expect(hasDots(data, 12)).toBe(true);
    expect(hasDots(data, 13)).toBe(false);
    checkBlock(data, INODES, false, 'the block under test');
  });
});

describe('checkBlock', () => {
  const field = (break_: (data: Uint8Array) => void, hasTail = false): string => {
    const data = new Uint8Array(1024);
    initializeFirstBlock(data, { ino: 12, parentIno: 2, type: EXT4_FT_DIR }, hasTail);
    break_(data);
    try {
      checkBlock(data, INODES, hasTail, 'block 0 of directory 12');
    } catch (error) {
      if (error instanceof Corruption) return `${error.finding.field} ${error.finding.found}`;
      throw error;
    }
    return 'sound';
  };

  test('names the field of every rule of ext4_check_dir_entry', () => {
    expect(field((data) => (data[4] = 8))).toBe('rec_len 8');
    expect(field((data) => (data[4] = 14))).toBe('rec_len 14');
    expect(field((data) => (data[6] = 5))).toBe('rec_len 12');
    expect(field((data) => (data[16] = 0xf8))).toBe('rec_len 1016');
    expect(field((data) => (data[16] = 0xec))).toBe('rec_len 1004');
    expect(field((data) => data.set([0xe9, 3], 12))).toBe('inode 1001');
    expect(field((data) => (data[6] = 0))).toBe('name_len 0');
    expect(field((data) => (data[1019] = 0), true)).toBe('header 0 12 0 0');
    expect(field(() => undefined, true)).toBe('sound');
  });

  test('refuses any bytes over which a walk would not end at the end of the block', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.boolean(), (noise, sparse) => {
        const data = sparse ? noise.map((byte, index) => (index % 4 === 0 ? byte & 0x1c : 0)) : noise;
        try {
          checkBlock(data, INODES, false, 'noise');
        } catch (error) {
          expect(error).toBeInstanceOf(Corruption);
          return;
        }
        let at = 0;
        for (let steps = 0; at < data.length && steps < 6; steps++) at += entryLength(data, at);
        expect(at).toBe(data.length);
      }),
      { numRuns: 2000 },
    );
  });
});

test('file types are those of the table in directory.rst', () => {
  const modes = [0x8000, 0x4000, 0x2000, 0x6000, 0x1000, 0xc000, 0xa000];
  expect(modes.map((mode) => fileTypeOfMode(mode | 0o644))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a block that changed under its reader ends a walk with a corruption, not never', () => {
  const data = new Uint8Array(1024);
  initializeLeaf(data, false);
  insertAt(data, 0, 12, 1, name('first'));
  insertAt(data, findRoom(data, 6), 13, 1, name('second'));
  data.fill(0, 0, 512);
  expect(() => findInBlock(data, name('third'))).toThrow(Corruption);
  expect(() => findRoom(data, 100)).toThrow(Corruption);
  expect(() => hasEntries(data, 0)).toThrow(Corruption);
});
