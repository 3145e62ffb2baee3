import { expect, test } from 'vitest';
import { modeText, printable } from './image-listing.ts';

// What ls(1) of coreutils shows for the same modes.
test.each([
  ['file', 0o644, '-rw-r--r--'],
  ['directory', 0o1777, 'drwxrwxrwt'],
  ['directory', 0o1776, 'drwxrwxrwT'],
  ['file', 0o6755, '-rwsr-sr-x'],
  ['file', 0o6600, '-rwS--S---'],
  ['symlink', 0o777, 'lrwxrwxrwx'],
])('%s %o', (type, mode, text) => expect(modeText({ type, mode })).toBe(text));

test('a name cannot harm a terminal', () => {
  expect(printable('a\nb\u001B[2J\uDCFF\\é')).toBe(String.raw`a\x0ab\x1b[2J\xff\\é`);
});
