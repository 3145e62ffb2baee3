import { beforeEach, expect, test } from 'vitest';
import type { Handle } from './operation.ts';
import { ext4MaxFileBytes } from './options.ts';
import { Session } from './testing.ts';

const MAX = ext4MaxFileBytes(4096);

let session: Session;
let handle: Handle;

beforeEach(() => {
  session = new Session();
  session.file('f');
  handle = session.open('f');
  session.prepare({ op: 'ftruncate', handle, size: 100 });
});

// lseek(2): EINVAL for a negative result; ext4 gives EINVAL beyond s_maxbytes too (Linux 6.18.44).
test('seeks from the start, the position and the end', () => {
  expect(session.count({ op: 'seek', handle, offset: -1, whence: 'end' })).toBe(99);
  expect(session.count({ op: 'seek', handle, offset: 51, whence: 'current' })).toBe(150);
  expect(session.run({ op: 'seek', handle, offset: -151, whence: 'current' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: -1, whence: 'set' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: -101, whence: 'end' })).toBe('EINVAL');
  expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(150);
  expect(session.count({ op: 'seek', handle, offset: MAX, whence: 'set' })).toBe(MAX);
  expect(session.run({ op: 'seek', handle, offset: MAX + 1, whence: 'set' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: 1, whence: 'current' })).toBe('EINVAL');
});

test('moves neither time nor size', () => {
  const before = session.lstat('f');
  session.prepare({ op: 'seek', handle, offset: 1000, whence: 'set' });
  expect(session.lstat('f')).toEqual(before);
});

test('the end of a directory is not asked for: it is a hash', () => {
  const directory = session.open('.', 'read');
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: 0, whence: 'end' })).toBe(false);
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: MAX + 1, whence: 'set' })).toBe(
    false,
  );
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: 9, whence: 'set' })).toBe(true);
  expect(session.count({ op: 'seek', handle: directory, offset: 9, whence: 'set' })).toBe(9);
});
