import { beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { Session } from './testing.ts';

const [OWNER, GROUP, FRIEND, STRANGER] = [1000, 2000, 1001, 1002];

let session: Session;

/** A directory for all with a file of OWNER and GROUP in it. */
beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o777 });
  session.file('d/f');
  session.prepare({ op: 'chown', path: 'd/f', uid: OWNER, gid: GROUP });
});

const people = { owner: [OWNER, OWNER], friend: [FRIEND, GROUP], stranger: [STRANGER, STRANGER] } as const;

// path_resolution(7): the owner's bits for the owner, else the group's for a member, else those of others.
describe('the permission bits of a file', () => {
  test.each([
    ['owner', 0o400, 'read', 'ok'],
    ['owner', 0o077, 'read', 'EACCES'],
    ['owner', 0o200, 'write', 'ok'],
    ['owner', 0o200, 'read-write', 'EACCES'],
    ['friend', 0o040, 'read', 'ok'],
    ['friend', 0o707, 'read', 'EACCES'],
    ['stranger', 0o004, 'read', 'ok'],
    ['stranger', 0o770, 'read', 'EACCES'],
  ] as const)('let the %s with mode %o open for %s: %s', (who, mode, access, expected) => {
    session.prepare({ op: 'chmod', path: 'd/f', mode });
    session.as(...people[who]);
    expect(session.tryOpen('d/f', access, {})).toBe(expected);
  });

  test('mean nothing to root, and truncation is a write', () => {
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0 });
    expect(session.tryOpen('d/f', 'read-write', { truncate: true })).toBe('ok');
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o444 });
    session.as(STRANGER);
    expect(session.tryOpen('d/f', 'read', { truncate: true })).toBe('EACCES');
    expect(session.run({ op: 'truncate', path: 'd/f', size: 0 })).toBe('EACCES');
  });

  test('are asked once: what is open stays open', () => {
    session.as(...people.owner);
    const handle = session.open('d/f', 'read-write');
    session.as(0);
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0 });
    session.as(STRANGER);
    expect(session.count({ op: 'write', handle, content: { seed: 1, length: 10 } })).toBe(10);
    expect(session.run({ op: 'ftruncate', handle, size: 3 })).toBe('ok');
  });
});

describe('a directory', () => {
  test('is searched only with its execute bit, whatever else it allows', () => {
    session.prepare({ op: 'chmod', path: 'd', mode: 0o666 });
    session.as(STRANGER);
    for (const path of ['d/f', 'd/none', 'd/.', 'd/..'])
      expect(session.run({ op: 'lstat', path })).toBe('EACCES');
    expect(session.run({ op: 'lstat', path: 'd/' })).toBe('ok');
    expect(session.run({ op: 'readdir', path: 'd' })).toBe('ok');
  });

  test('is listed only with its read bit', () => {
    session.prepare({ op: 'chmod', path: 'd', mode: 0o733 });
    session.as(STRANGER);
    expect(session.run({ op: 'readdir', path: 'd' })).toBe('EACCES');
    expect(session.run({ op: 'lstat', path: 'd/f' })).toBe('ok');
  });

  const changes: Operation[] = [
    { op: 'mkdir', path: 'd/n', mode: 0o755 },
    { op: 'symlink', target: 'x', path: 'd/n' },
    { op: 'link', from: 'd/f', to: 'd/n' },
    { op: 'mknod', path: 'd/n', type: 'fifo', mode: 0o644, device: { major: 0, minor: 0 } },
    { op: 'unlink', path: 'd/f' },
    { op: 'rename', from: 'd/f', to: 'd/n' },
  ];
  test.each(changes)('is changed only with its write bit: %j', (operation) => {
    session.prepare({ op: 'chmod', path: 'd', mode: 0o755 });
    session.as(STRANGER);
    expect(session.run(operation)).toBe('EACCES');
  });

  // What exists, or does not, is said before what is not allowed.
  test('answers for names before it answers for permissions', () => {
    session.prepare({ op: 'chmod', path: 'd', mode: 0o755 });
    session.as(STRANGER);
    expect(session.run({ op: 'mkdir', path: 'd/f', mode: 0o755 })).toBe('EEXIST');
    expect(session.run({ op: 'unlink', path: 'd/none' })).toBe('ENOENT');
    expect(session.run({ op: 'unlink', path: 'd/f/' })).toBe('ENOTDIR');
    expect(session.run({ op: 'rmdir', path: 'd/f' })).toBe('EACCES');
    expect(session.tryOpen('d/n', 'write', { create: true })).toBe('EACCES');
    expect(session.tryOpen('d/f', 'read', { create: true })).toBe('ok');
  });

  test('that moves must be writable itself', () => {
    session.as(STRANGER);
    session.prepare({ op: 'mkdir', path: 'd/a', mode: 0o777 }, { op: 'mkdir', path: 'd/b', mode: 0o555 });
    expect(session.run({ op: 'rename', from: 'd/b', to: 'd/c' })).toBe('ok');
    expect(session.run({ op: 'rename', from: 'd/c', to: 'd/a/c' })).toBe('EACCES');
  });
});

// unlink(2), rename(2): EPERM in a directory with the sticky bit, unless the caller owns the file or the directory.
describe('a sticky directory', () => {
  beforeEach(() => session.prepare({ op: 'chmod', path: 'd', mode: 0o1777 }));

  test('keeps strangers from removing, moving and replacing', () => {
    session.as(STRANGER);
    session.file('d/mine');
    expect(session.run({ op: 'unlink', path: 'd/f' })).toBe('EPERM');
    expect(session.run({ op: 'rename', from: 'd/f', to: 'd/n' })).toBe('EPERM');
    expect(session.run({ op: 'rename', from: 'd/mine', to: 'd/f' })).toBe('EPERM');
    expect(session.run({ op: 'rename', from: 'd/mine', to: 'd/f', flag: 'exchange' })).toBe('EPERM');
    expect(session.run({ op: 'unlink', path: 'd/mine' })).toBe('ok');
  });

  test('keeps neither its own owner nor the owner of the file', () => {
    session.as(OWNER);
    expect(session.run({ op: 'rename', from: 'd/f', to: 'd/n' })).toBe('ok');
    session.as(0);
    session.prepare({ op: 'chown', path: 'd', uid: STRANGER, gid: -1 });
    session.as(STRANGER);
    expect(session.run({ op: 'unlink', path: 'd/n' })).toBe('ok');
  });
});

// inode(7): in a set-group-ID directory new files get its group, and directories the bit as well.
describe('a set-group-ID directory', () => {
  test('hands its group down, and keeps outsiders from making programs of it', () => {
    session.prepare(
      { op: 'chown', path: 'd', uid: -1, gid: GROUP },
      { op: 'chmod', path: 'd', mode: 0o2777 },
    );
    session.as(STRANGER);
    session.prepare({ op: 'mkdir', path: 'd/s', mode: 0o755 });
    expect(session.lstat('d/s')).toMatchObject({ uid: STRANGER, gid: GROUP, mode: 0o2755 });
    const device = { major: 0, minor: 0 };
    session.prepare({ op: 'mknod', path: 'd/n', type: 'file', mode: 0o2755, device });
    expect(session.lstat('d/n')).toMatchObject({ gid: GROUP, mode: 0o755 });
    session.prepare({ op: 'mknod', path: 'd/m', type: 'file', mode: 0o2745, device });
    expect(session.lstat('d/m').mode).toBe(0o2745);
    session.as(STRANGER, STRANGER, [GROUP]);
    session.prepare({ op: 'mknod', path: 'd/o', type: 'file', mode: 0o2755, device });
    expect(session.lstat('d/o').mode).toBe(0o2755);
  });
});

describe('who is not the owner', () => {
  // chmod(2), chown(2), utimensat(2).
  test.each<[Operation, string]>([
    [{ op: 'chmod', path: 'd/f', mode: 0o644 }, 'EPERM'],
    [{ op: 'chown', path: 'd/f', uid: STRANGER, gid: -1 }, 'EPERM'],
    [{ op: 'chown', path: 'd/f', uid: -1, gid: STRANGER }, 'EPERM'],
    [{ op: 'chown', path: 'd/f', uid: -1, gid: -1 }, 'ok'],
    [{ op: 'utimens', path: 'd/f', atime: 'now', mtime: 'now' }, 'EACCES'],
    [{ op: 'utimens', path: 'd/f', atime: 'now', mtime: 'omit' }, 'EPERM'],
    [{ op: 'utimens', path: 'd/f', atime: { seconds: 1, nanoseconds: 0 }, mtime: 'now' }, 'EPERM'],
    [{ op: 'utimens', path: 'd/f', atime: 'omit', mtime: 'omit' }, 'ok'],
    [{ op: 'chattr', path: 'd/f', immutable: false, append: false }, 'EPERM'],
    [{ op: 'set-project', path: 'd/f', project: 1 }, 'EPERM'],
  ])('%j: %s', (operation, expected) => {
    session.as(STRANGER);
    expect(session.run(operation)).toBe(expected);
  });

  test('touches what he may write', () => {
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o666 });
    session.as(STRANGER);
    expect(session.run({ op: 'utimens', path: 'd/f', atime: 'now', mtime: 'now' })).toBe('ok');
  });
});

describe('the owner', () => {
  test('gives a file to his groups only, and to nobody', () => {
    session.as(OWNER, OWNER, [3000]);
    expect(session.run({ op: 'chown', path: 'd/f', uid: OWNER, gid: 3000 })).toBe('ok');
    expect(session.run({ op: 'chown', path: 'd/f', uid: -1, gid: 4000 })).toBe('EPERM');
    expect(session.run({ op: 'chown', path: 'd/f', uid: STRANGER, gid: -1 })).toBe('EPERM');
  });

  // chmod(2): the set-group-ID bit is turned off without an error when the caller is not in the group.
  test('gets no set-group-ID bit of a group that he is not in', () => {
    session.as(OWNER);
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o6755 });
    expect(session.lstat('d/f').mode).toBe(0o4755);
    session.as(OWNER, OWNER, [GROUP]);
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o6755 });
    expect(session.lstat('d/f').mode).toBe(0o6755);
  });
});

// write(2), truncate(2), and Linux 6.18.44 for who keeps the bits.
describe('the set-ID bits', () => {
  test.each([
    [0o6777, 0o777],
    [0o4777, 0o777],
    [0o6767, 0o767],
  ])('go from mode %o to %o when a stranger writes, truncates or opens with O_TRUNC', (mode, left) => {
    const changes: (() => void)[] = [
      () => void session.count({ op: 'write', handle: session.open('d/f'), content: { seed: 1, length: 1 } }),
      () => session.prepare({ op: 'truncate', path: 'd/f', size: 5 }),
      () => void session.open('d/f', 'write', { truncate: true }),
    ];
    for (const change of changes) {
      session.as(0);
      session.prepare({ op: 'chmod', path: 'd/f', mode });
      session.as(STRANGER);
      change();
      expect(session.lstat('d/f').mode).toBe(left);
    }
  });

  test('stay when root writes, and when nothing is written', () => {
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o6777 });
    const handle = session.open('d/f');
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 1 } });
    session.as(STRANGER);
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 0 } });
    expect(session.lstat('d/f').mode).toBe(0o6777);
  });

  // What the kernel remembers of earlier writes decides (S_NOSEC), so no oracle can.
  test('of a group that may not execute are not put to the test', () => {
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o2666 });
    const handle = session.open('d/f');
    const write: Operation = { op: 'write', handle, content: { seed: 1, length: 1 } };
    expect(session.model.enabled(write)).toBe(true);
    session.as(STRANGER);
    expect(session.model.enabled(write)).toBe(false);
    session.as(STRANGER, GROUP);
    expect(session.model.enabled(write)).toBe(true);
  });

  test('make a change of owner a change of mode, which is the owner’s', () => {
    session.prepare({ op: 'chmod', path: 'd/f', mode: 0o4755 });
    session.as(STRANGER);
    expect(session.run({ op: 'chown', path: 'd/f', uid: -1, gid: -1 })).toBe('EPERM');
  });
});
