import { beforeEach, describe, expect, test } from 'vitest';
import type { Access, OpenFlags } from './operation.ts';
import { NO_SPACE, Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
  session.file('f');
  session.prepare(
    { op: 'symlink', target: 'd', path: 'toD' },
    { op: 'symlink', target: 'f', path: 'toF' },
    { op: 'symlink', target: 'new', path: 'toNew' },
    { op: 'symlink', target: 'new/', path: 'toNewSlash' },
  );
});

// open(2), and Linux 6.18.44 where the manual is silent.
describe('open answers', () => {
  const cases: [string, Access, OpenFlags, string][] = [
    ['new', 'read', {}, 'ENOENT'],
    ['new', 'read', { create: true }, 'ok'],
    ['new', 'read', { exclusive: true }, 'ENOENT'],
    ['new/', 'read', {}, 'ENOENT'],
    ['new/', 'read', { create: true }, 'EISDIR'],
    ['none/x', 'read', { create: true }, 'ENOENT'],
    ['f/', 'read', { create: true }, 'EISDIR'],
    ['f/', 'read', {}, 'ENOTDIR'],
    ['f/x', 'read', { create: true }, 'ENOTDIR'],
    ['f', 'read-write', { create: true, exclusive: true }, 'EEXIST'],
    ['f', 'read-write', { exclusive: true }, 'ok'],
    ['f', 'read', { directory: true }, 'ENOTDIR'],
    ['d', 'read', { directory: true }, 'ok'],
    ['d', 'read', {}, 'ok'],
    ['d', 'read', { append: true }, 'ok'],
    ['d', 'write', {}, 'EISDIR'],
    ['d', 'read-write', { directory: true }, 'EISDIR'],
    ['d', 'read', { truncate: true }, 'EISDIR'],
    ['d', 'read', { create: true }, 'EISDIR'],
    ['d', 'read', { create: true, exclusive: true }, 'EEXIST'],
    ['.', 'read', { create: true }, 'EISDIR'],
    ['..', 'read', { create: true, exclusive: true }, 'EEXIST'],
    ['d/', 'read', { create: true, exclusive: true }, 'EISDIR'],
    ['new', 'read', { create: true, directory: true }, 'EINVAL'],
    ['', 'read', { create: true, directory: true }, 'EINVAL'],
    ['toD', 'read', {}, 'ok'],
    ['toD', 'read', { nofollow: true }, 'ELOOP'],
    ['toD', 'read', { nofollow: true, directory: true }, 'ENOTDIR'],
    ['toD/', 'read', { nofollow: true }, 'ok'],
    ['toD/', 'read', { nofollow: true, create: true }, 'EISDIR'],
    ['toF', 'read', { nofollow: true, create: true }, 'ELOOP'],
    ['toF', 'read', { create: true }, 'ok'],
    ['toF', 'read', { create: true, exclusive: true }, 'EEXIST'],
    ['toNew', 'read', {}, 'ENOENT'],
    ['toNew', 'read', { create: true }, 'ok'],
    ['toNew', 'read', { create: true, exclusive: true }, 'EEXIST'],
    ['toNew', 'read', { create: true, nofollow: true }, 'ELOOP'],
    ['toNewSlash', 'read', { create: true }, 'EISDIR'],
    ['toNewSlash', 'read', {}, 'ENOENT'],
    ['x'.repeat(256), 'read', { create: true }, 'ENAMETOOLONG'],
  ];
  test.each(cases)('%s %s %j %s', (path, access, flags, expected) => {
    expect(session.tryOpen(path, access, flags)).toBe(expected);
  });
});

test('a dangling link is created through', () => {
  session.open('toNew', 'write', { create: true });
  expect(session.lstat('new').type).toBe('file');
  expect(session.lstat('toNew').type).toBe('symlink');
});

test('O_TRUNC empties a file opened for reading, and moves mtime and ctime even when it was empty', () => {
  const handle = session.open('f');
  session.prepare({ op: 'write', handle, content: { seed: 1, length: 10 } });
  session.open('f', 'read', { truncate: true });
  expect(session.lstat('f').size).toBe(0);
  const open = {
    op: 'open',
    as: 'fd99',
    path: 'f',
    access: 'read',
    flags: { truncate: true },
    mode: 0,
  } as const;
  expect(session.movedBy('f', open)).toEqual(['mtime', 'ctime']);
});

test('a new file has the mode asked for, one link, and the time of the call, as has its directory', () => {
  const before = session.lstat('d');
  session.prepare({
    op: 'open',
    as: 'fd50',
    path: 'd/n',
    access: 'read',
    flags: { create: true },
    mode: 0o6751,
  });
  const { now } = session;
  expect(session.lstat('d/n')).toEqual({
    type: 'file',
    mode: 0o6751,
    links: 1,
    uid: 0,
    gid: 0,
    size: 0,
    atime: now,
    mtime: now,
    ctime: now,
  });
  expect(session.lstat('d')).toEqual({ ...before, mtime: now, ctime: now });
});

test('opening what exists moves no time', () => {
  const before = session.lstat('f');
  session.open('f', 'read-write', { create: true });
  expect(session.lstat('f')).toEqual(before);
});

test('ENOSPC is followed where a file would be made, and leaves nothing', () => {
  const before = session.model.tree();
  const create = {
    op: 'open',
    as: 'fd60',
    path: 'new',
    access: 'read',
    flags: { create: true },
    mode: 0,
  } as const;
  expect(session.run(create, NO_SPACE)).toBe('ENOSPC');
  expect(session.model.tree()).toEqual(before);
  expect(session.run({ ...create, path: 'f' }, NO_SPACE)).toBe('ok');
});

test('a descriptor name in use is refused and stays what it was', () => {
  const handle = session.open('f');
  const again = { op: 'open', as: handle, path: 'd', access: 'read', flags: {}, mode: 0 } as const;
  expect(session.model.enabled(again)).toBe(false);
  expect(session.run(again)).toBe('EBADF');
  expect(session.fstat(handle).type).toBe('file');
});

// may_create_in_sticky, with the kernel's defaults of fs.protected_regular and fs.protected_fifos; Linux 6.18.44.
test('with O_CREAT, what strangers left in a sticky directory for all is refused, unless it is a file', () => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 's', mode: 0o1777 });
  session.as(1000);
  session.file('s/f');
  session.prepare({ op: 'symlink', target: 'f', path: 's/toF' });
  const create = { create: true, nofollow: true } as const;
  expect(session.tryOpen('s/toF', 'read', create)).toBe('ELOOP');
  session.as(0);
  expect(session.tryOpen('s/toF', 'read', create)).toBe('EACCES');
  expect(session.tryOpen('s/toF', 'read', { nofollow: true })).toBe('ELOOP');
  expect(session.tryOpen('s/toF', 'read', { ...create, exclusive: true })).toBe('EEXIST');
  expect(session.tryOpen('s/toF', 'read', { create: true })).toBe('ok');
  session.prepare({ op: 'chmod', path: 's', mode: 0o1775 });
  expect(session.tryOpen('s/toF', 'read', create)).toBe('ELOOP');
});
