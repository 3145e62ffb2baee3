import { expect, test } from 'vitest';
import { Session } from './testing.ts';

// The answers are those of Linux 6.18.44.
test('advice is for whoever has a descriptor, reading ahead for readers of files', () => {
  const session = new Session();
  const handle = session.open('f', 'write', { create: true });
  const [reader, directory] = [session.open('f', 'read'), session.open('.', 'read')];
  const readahead = (one: typeof handle): string =>
    session.run({ op: 'readahead', handle: one, offset: 0, length: 100 });
  expect([readahead(handle), readahead(reader), readahead(directory), readahead('fd99')]).toEqual([
    'EBADF',
    'ok',
    'EINVAL',
    'EBADF',
  ]);
  const fadvise = (one: typeof handle, length: number): string =>
    session.run({ op: 'fadvise', handle: one, offset: -1, length, advice: 'dontneed' });
  expect([fadvise(handle, 0), fadvise(directory, 10), fadvise(handle, -1), fadvise('fd99', 0)]).toEqual([
    'ok',
    'ok',
    'EINVAL',
    'EBADF',
  ]);
});

test('ranges of files and directories are written out, if they are ranges', () => {
  const session = new Session();
  const handle = session.open('.', 'read');
  const sync = (offset: number, length: number): string =>
    session.run({ op: 'sync-file-range', handle, offset, length, wait: 'both', write: true });
  expect([sync(0, 0), sync(100, 100), sync(-1, 1), sync(0, -1)]).toEqual(['ok', 'ok', 'EINVAL', 'EINVAL']);
  expect(session.run({ op: 'syncfs', handle })).toBe('ok');
  expect(session.run({ op: 'syncfs', handle: 'fd99' })).toBe('EBADF');
});
