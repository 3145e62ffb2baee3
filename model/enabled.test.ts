import { expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { HANDLES_MAX } from './enabled.ts';
import { Session } from './testing.ts';

test('descriptors must be open, and names of descriptors free', () => {
  const session = new Session();
  const handle = session.open('f', 'read-write', { create: true });
  const { model } = session;
  expect(model.enabled({ op: 'fsync', handle })).toBe(true);
  expect(model.enabled({ op: 'fsync', handle: 'fd77' })).toBe(false);
  const open = { op: 'open', path: 'f', access: 'read', flags: {}, mode: 0 } as const;
  expect(model.enabled({ ...open, as: handle })).toBe(false);
  expect(model.enabled({ ...open, as: 'fd77' })).toBe(true);
});

test('a run holds no more descriptors than a process may', () => {
  const session = new Session();
  for (let index = 0; index < HANDLES_MAX; index++) session.open('.', 'read');
  const open = { op: 'open', as: 'fd9999', path: '.', access: 'read', flags: {}, mode: 0 } as const;
  expect(session.model.enabled(open)).toBe(false);
});

test('arguments must be of the vocabulary', () => {
  const session = new Session();
  const handle = session.open('f', 'read-write', { create: true });
  const refused: Operation[] = [
    { op: 'stat', path: '/f' },
    { op: 'stat', path: 'a\0b' },
    { op: 'stat', path: '\ud800' },
    { op: 'symlink', target: '/f', path: 'l' },
    { op: 'mkdir', path: 'd', mode: 0o10000 },
    { op: 'chmod', path: 'f', mode: -1 },
    { op: 'chown', path: 'f', uid: -2, gid: 0 },
    { op: 'chown', path: 'f', uid: 0, gid: 2 ** 32 - 1 },
    { op: 'pread', handle, offset: 0, length: -1 },
    { op: 'pread', handle, offset: 2 ** 60, length: 1 },
    { op: 'write', handle, content: { seed: 1.5, length: 1 } },
    { op: 'ftruncate', handle, size: Number.NaN },
    { op: 'utimens', path: 'f', atime: { seconds: 0, nanoseconds: 1_000_000_000 }, mtime: 'omit' },
  ];
  for (const operation of refused)
    expect([operation, session.model.enabled(operation)]).toEqual([operation, false]);
  const accepted: Operation[] = [
    { op: 'stat', path: '' },
    { op: 'stat', path: '😀/..' },
    { op: 'chown', path: 'none', uid: -1, gid: 2 ** 32 - 2 },
    { op: 'ftruncate', handle, size: -5 },
    { op: 'remount' },
  ];
  for (const operation of accepted)
    expect([operation, session.model.enabled(operation)]).toEqual([operation, true]);
});

/** On 6.18.44, with the same values and blocks of 2048 bytes: the third one moves ctime when it is set again, the others do not. */
test('the same value is set again only where it lies in the inode or its block, however much room there is by now', () => {
  const session = new Session({ blockSizeBytes: 2048, eaInode: true });
  session.file('f');
  const set = (name: string, length: number): Operation => ({
    op: 'setxattr',
    path: 'f',
    name,
    value: { seed: 1, length },
  });
  const values = [set('user.longer-name', 589), set('user.cc', 513), set('user.a', 685)];
  session.prepare(...values);
  const enabled = (): boolean[] => values.map((value) => session.model.enabled(value));
  expect(enabled()).toEqual([true, true, false]);
  session.prepare({ op: 'removexattr', path: 'f', name: 'user.cc' });
  expect(enabled()).toEqual([true, true, false]);
  session.prepare(set('user.a', 10), set('user.a', 685));
  expect(enabled()).toEqual([true, true, true]);
});
