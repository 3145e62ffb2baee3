import { beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session({ projects: true });
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
  session.file('d/f');
  session.file('g');
});

const flag = (path: string, immutable: boolean, append: boolean): Operation => ({
  op: 'chattr',
  path,
  immutable,
  append,
});

// FS_IOC_SETFLAGS(2const), and Linux 6.18.44 for the errnos.
describe('what is immutable', () => {
  test.each<Operation>([
    { op: 'truncate', path: 'd/f', size: 0 },
    { op: 'chmod', path: 'd/f', mode: 0o600 },
    { op: 'chown', path: 'd/f', uid: -1, gid: -1 },
    { op: 'utimens', path: 'd/f', atime: 'now', mtime: 'now' },
    { op: 'unlink', path: 'd/f' },
    { op: 'rename', from: 'd/f', to: 'n' },
    { op: 'rename', from: 'g', to: 'd/f' },
    { op: 'link', from: 'd/f', to: 'n' },
    { op: 'setxattr', path: 'd/f', name: 'user.a', value: { seed: 1, length: 1 } },
    { op: 'removexattr', path: 'd/f', name: 'system.posix_acl_access' },
    { op: 'set-project', path: 'd/f', project: 1 },
  ])('stays as it is, for root, too: %j', (operation) => {
    session.prepare(flag('d/f', true, false));
    expect(session.run(operation)).toBe('EPERM');
    session.prepare(flag('d/f', false, false));
    expect(session.run(operation)).toBe('ok');
  });

  test('is not written through a descriptor that was open before', () => {
    const handle = session.open('d/f');
    session.prepare(flag('d/f', true, false));
    expect(session.run({ op: 'write', handle, content: { seed: 1, length: 1 } })).toBe('EPERM');
    expect(session.run({ op: 'ftruncate', handle, size: 1 })).toBe('EPERM');
    expect(session.tryOpen('d/f', 'read', {})).toBe('ok');
    expect(session.tryOpen('d/f', 'read-write', {})).toBe('EPERM');
  });

  test('gets and loses no names as a directory', () => {
    session.prepare(flag('d', true, false));
    expect(session.run({ op: 'mkdir', path: 'd/n', mode: 0o755 })).toBe('EPERM');
    expect(session.run({ op: 'unlink', path: 'd/f' })).toBe('EPERM');
    expect(session.run({ op: 'truncate', path: 'd/f', size: 1 })).toBe('ok');
  });
});

describe('what is append-only', () => {
  test('is opened for writing only to append, and never cut', () => {
    session.prepare(flag('d/f', false, true));
    expect(session.tryOpen('d/f', 'write', {})).toBe('EPERM');
    expect(session.tryOpen('d/f', 'write', { append: true, truncate: true })).toBe('EPERM');
    const handle = session.open('d/f', 'write', { append: true });
    expect(session.count({ op: 'write', handle, content: { seed: 1, length: 5 } })).toBe(5);
    expect(session.run({ op: 'ftruncate', handle, size: 5 })).toBe('EPERM');
    expect(session.run({ op: 'utimens', path: 'd/f', atime: 'now', mtime: 'now' })).toBe('ok');
    expect(session.run({ op: 'utimens', path: 'd/f', atime: 'now', mtime: 'omit' })).toBe('EPERM');
    expect(session.run({ op: 'chown', path: 'd/f', uid: -1, gid: -1 })).toBe('ok');
  });

  test('gets names as a directory and loses none', () => {
    session.prepare(flag('d', false, true));
    expect(session.run({ op: 'mkdir', path: 'd/n', mode: 0o755 })).toBe('ok');
    expect(session.run({ op: 'rmdir', path: 'd/n' })).toBe('EPERM');
    expect(session.run({ op: 'rename', from: 'd/n', to: 'n' })).toBe('EPERM');
  });
});

describe('the flags', () => {
  test('are changed by root only; the owner may set them as they are', () => {
    session.prepare({ op: 'chown', path: 'g', uid: 1000, gid: 1000 });
    session.as(1000);
    expect(session.run(flag('g', true, false))).toBe('EPERM');
    expect(session.movedBy('g', flag('g', false, false))).toEqual(['ctime']);
  });

  test('are shown', () => {
    session.prepare(flag('d', false, true), { op: 'set-project', path: 'd', project: 7 });
    const value = { kind: 'flags', flags: ['append'], project: 7 };
    expect(session.step({ op: 'lsattr', path: 'd' })).toEqual({ ok: true, value });
  });
});

// Documentation/admin-guide: a directory with FS_XFLAG_PROJINHERIT hands its id down; nothing of another id enters.
describe('projects', () => {
  beforeEach(() => session.prepare({ op: 'set-project', path: 'd', project: 7 }));

  test('are handed down', () => {
    session.prepare({ op: 'mkdir', path: 'd/e', mode: 0o755 });
    session.file('d/e/f');
    for (const path of ['d/e', 'd/e/f']) {
      expect(session.step({ op: 'lsattr', path })).toMatchObject({ value: { project: 7 } });
    }
  });

  test('keep others out', () => {
    expect(session.run({ op: 'rename', from: 'g', to: 'd/g' })).toBe('EXDEV');
    expect(session.run({ op: 'link', from: 'g', to: 'd/g' })).toBe('EXDEV');
    expect(session.run({ op: 'rename', from: 'd/f', to: 'g', flag: 'exchange' })).toBe('EXDEV');
    session.prepare({ op: 'set-project', path: 'g', project: 7 });
    expect(session.run({ op: 'rename', from: 'g', to: 'd/g' })).toBe('ok');
  });

  test('need the feature, which is missed after ctime has moved', () => {
    session = new Session();
    session.file('f');
    expect(session.run({ op: 'set-project', path: 'f', project: 1 })).toBe('EOPNOTSUPP');
    expect(session.lstat('f').ctime).not.toEqual(session.lstat('f').mtime);
    expect(session.run({ op: 'set-project', path: 'f', project: 0 })).toBe('ok');
  });
});
