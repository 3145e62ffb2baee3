import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle, OpenFlags } from './operation.ts';
import { Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o777 });
  session.file('f');
});

const unnamed = (flags: OpenFlags = {}): Handle =>
  session.open('d', 'read-write', { tmpfile: true, ...flags });
const name = (handle: Handle, to: string): string => session.run({ op: 'link-handle', handle, to });

// open(2), O_TMPFILE; linkat(2), AT_EMPTY_PATH.
describe('a file without a name', () => {
  test('has no link, and nothing of it shows in the directory', () => {
    const before = session.lstat('d');
    const handle = unnamed();
    expect(session.fstat(handle)).toMatchObject({ type: 'file', links: 0, mode: 0o644 });
    expect(session.lstat('d')).toEqual(before);
    expect(session.run({ op: 'rmdir', path: 'd' })).toBe('ok');
  });

  test('gets a name once', () => {
    const handle = unnamed();
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 5 } });
    expect(name(handle, 'd/n')).toBe('ok');
    expect(session.lstat('d/n')).toMatchObject({ links: 1, size: 5 });
    session.prepare({ op: 'unlink', path: 'd/n' });
    expect(name(handle, 'd/n')).toBe('ENOENT');
  });

  test('gets none when it was opened with O_EXCL', () => {
    expect(name(unnamed({ exclusive: true }), 'd/n')).toBe('ENOENT');
  });

  test.each([
    ['f', 'read-write', {}, 'ENOTDIR'],
    ['none', 'read-write', {}, 'ENOENT'],
    ['d', 'read', {}, 'EINVAL'],
    ['d', 'read', { truncate: true }, 'EINVAL'],
    ['none', 'write', { create: true }, 'EINVAL'],
    ['d', 'write', { truncate: true, append: true }, 'ok'],
  ] as const)('in %s for %s with %j: %s', (path, access, flags, expected) => {
    expect(session.tryOpen(path, access, { ...flags, tmpfile: true })).toBe(expected);
  });
});

describe('a descriptor', () => {
  test('names its inode, also under another name', () => {
    const handle = session.open('f');
    session.prepare({ op: 'rename', from: 'f', to: 'd/g' });
    expect(name(handle, 'f')).toBe('ok');
    expect(name(handle, 'f')).toBe('EEXIST');
    expect(session.lstat('d/g').links).toBe(2);
  });

  test('of an inode whose last name is gone gives it none', () => {
    const handle = session.open('f');
    session.prepare({ op: 'unlink', path: 'f' });
    expect(name(handle, 'n')).toBe('ENOENT');
  });

  test('of a directory gives it no second name, and one that is closed is none', () => {
    const handle = session.open('d', 'read', { directory: true });
    expect(name(handle, 'n')).toBe('EPERM');
    session.prepare({ op: 'close', handle });
    expect(name(handle, 'd')).toBe('EBADF');
  });

  // The credentials must be the very ones of the open, or the caller may search everything (Linux 6.10 and later).
  test('serves who opened it', () => {
    session.as(1000);
    const handle = unnamed();
    expect(name(handle, 'd/n')).toBe('ok');
    session.as(1000);
    expect(name(handle, 'd/m')).toBe('ENOENT');
    session.as(0);
    expect(name(handle, 'd/m')).toBe('ok');
  });
});

// proc(5), protected_hardlinks.
test('strangers link only what is harmless, where the system says so', () => {
  for (const protectedHardlinks of [false, true]) {
    session = new Session({ protectedHardlinks });
    session.prepare({ op: 'chmod', path: '.', mode: 0o777 });
    session.file('f');
    session.as(1000);
    expect(session.run({ op: 'link', from: 'f', to: 'n' })).toBe(protectedHardlinks ? 'EPERM' : 'ok');
    session.as(0);
    session.prepare({ op: 'chmod', path: 'f', mode: 0o666 });
    session.as(1000);
    expect(session.run({ op: 'link', from: 'f', to: 'm' })).toBe('ok');
  }
});

describe('nodes', () => {
  const node = (path: string, type: 'fifo' | 'character-device' | 'block-device', major = 0): string =>
    session.run({ op: 'mknod', path, type, mode: 0o644, device: { major, minor: 0 } });

  test('of devices have a number, and are root’s; but everybody makes whiteouts', () => {
    expect(node('c', 'character-device', 5)).toBe('ok');
    expect(session.lstat('c')).toMatchObject({ type: 'character-device', device: { major: 5, minor: 0 } });
    session.as(1000);
    expect(node('d/c', 'character-device', 5)).toBe('EPERM');
    expect(node('d/b', 'block-device')).toBe('EPERM');
    expect(node('d/w', 'character-device')).toBe('ok');
    expect(node('d/p', 'fifo', 5)).toBe('ok');
    expect(session.lstat('d/p').device).toBeUndefined();
  });

  test('are neither truncated nor opened', () => {
    node('p', 'fifo');
    expect(session.run({ op: 'truncate', path: 'p', size: 0 })).toBe('EINVAL');
    const open = { op: 'open', as: 'fd0', path: 'p', access: 'read', flags: {}, mode: 0 } as const;
    expect(session.model.enabled(open)).toBe(false);
  });
});

// mkdir(2), EMLINK; ext4(5), dir_nlink.
test('a directory that counts its subdirectories refuses one too many', () => {
  for (const [dirNlink, expected] of [
    [false, 'EMLINK'],
    [true, 'ok'],
  ] as const) {
    session = new Session({ dirNlink, linksMax: 5 });
    for (const path of ['a', 'b']) session.prepare({ op: 'mkdir', path, mode: 0o755 });
    session.prepare({ op: 'mkdir', path: 'a/c', mode: 0o755 });
    expect(session.run({ op: 'mkdir', path: 'n', mode: 0o755 })).toBe(expected);
    expect(session.run({ op: 'rename', from: 'a/c', to: 'c' })).toBe(expected);
    expect(session.lstat('.').links).toBe(dirNlink ? 1 : 5);
  }
});

test('the tree knows which names lead to one inode', () => {
  session.prepare({ op: 'link', from: 'f', to: 'd/g' });
  session.file('h');
  const tree = session.model.tree();
  const further = [...tree].filter(([, { sameAs }]) => sameAs !== undefined);
  expect(further.map(([path, { sameAs }]) => [path, sameAs])).toEqual([['f', 'd/g']]);
  expect(tree.get('f')?.runs).toEqual(tree.get('d/g')?.runs);
});
