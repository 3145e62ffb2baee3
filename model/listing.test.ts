import { expect, test } from 'vitest';
import { Session } from './testing.ts';

test('readdir lists by code units, without dots, and moves atime', () => {
  const session = new Session();
  for (const path of ['b', 'B', 'ü', 'a10', 'a9']) session.file(path);
  session.prepare({ op: 'symlink', target: '.', path: 'self' });
  const outcome = session.step({ op: 'readdir', path: 'self' });
  expect(outcome).toEqual({
    ok: true,
    value: {
      kind: 'entries',
      entries: [
        { name: 'B', type: 'file' },
        { name: 'a10', type: 'file' },
        { name: 'a9', type: 'file' },
        { name: 'b', type: 'file' },
        { name: 'lost+found', type: 'directory' },
        { name: 'self', type: 'symlink' },
        { name: 'ü', type: 'file' },
      ],
    },
  });
  const { now } = session;
  expect(session.lstat('.').atime).toEqual(now);
  expect(session.lstat('self').atime).toEqual(now);
});

test('readdir of an empty directory is an access too, and of a file ENOTDIR', () => {
  const session = new Session();
  session.file('f');
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
  expect(session.movedBy('d', { op: 'readdir', path: 'd' })).toEqual(['atime']);
  expect(session.run({ op: 'readdir', path: 'f' })).toBe('ENOTDIR');
});

// readlink(2): EINVAL for what is no link.
test('readlink reads what was stored', () => {
  const session = new Session();
  session.prepare({ op: 'symlink', target: 'a//b/../', path: 'l' });
  expect(session.step({ op: 'readlink', path: 'l' })).toEqual({
    ok: true,
    value: { kind: 'text', text: 'a//b/../' },
  });
  expect(session.run({ op: 'readlink', path: '.' })).toBe('EINVAL');
  expect(session.run({ op: 'readlink', path: '' })).toBe('ENOENT');
});
