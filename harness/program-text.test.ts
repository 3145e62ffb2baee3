import { expect, test } from 'vitest';
import { operationText, programText, setupText } from './program-text.ts';
import { DEFAULT_SETUP } from './setup.ts';

test('an operation reads like a call', () => {
  expect(
    operationText({ op: 'pwrite', handle: 'fd0', offset: 4096, content: { seed: 3, length: 100 } }),
  ).toBe('pwrite(fd0, 100 bytes of content 3, at 4096)');
  expect(
    operationText({
      op: 'open',
      as: 'fd1',
      path: 'd/f',
      access: 'read',
      flags: { create: true, append: true },
      mode: 0o600,
    }),
  ).toBe('fd1 = open("d/f", read + create + append, mode 0600)');
  expect(
    operationText({ op: 'utimens', path: 'a', atime: 'now', mtime: { seconds: 1, nanoseconds: 5 } }),
  ).toBe('utimens("a", atime now, mtime 1.000000005)');
});

test('a program is numbered and the failing step marked', () => {
  expect(programText([{ op: 'sync' }, { op: 'stat', path: 'a' }], 1)).toEqual([
    '  1  sync()',
    '> 2  stat("a")',
  ]);
});

test('a setup is one line', () => {
  expect(setupText(DEFAULT_SETUP)).toBe(
    '16 MiB with blocks of 4096 bytes, mounted with delalloc,dioread_nolock,relatime',
  );
});
