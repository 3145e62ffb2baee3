import { beforeEach, describe, expect, test } from 'vitest';
import { NO_SPACE, Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
  session.file('f');
  session.prepare(
    { op: 'symlink', target: 'none', path: 'dangling' },
    { op: 'symlink', target: 'd', path: 'toD' },
  );
});

// mkdir(2), symlink(2), link(2); Linux 6.18.44 for the last component and the order of the checks.
describe('a new name', () => {
  const places: [string, string, string][] = [
    // path, what mkdir says, what symlink and link say
    ['d/n', 'ok', 'ok'],
    ['d/n/', 'ok', 'ENOENT'],
    ['d/n/.', 'ENOENT', 'ENOENT'],
    ['d', 'EEXIST', 'EEXIST'],
    ['d/', 'EEXIST', 'EEXIST'],
    ['f/', 'EEXIST', 'EEXIST'],
    ['f/n', 'ENOTDIR', 'ENOTDIR'],
    ['dangling', 'EEXIST', 'EEXIST'],
    ['dangling/', 'EEXIST', 'EEXIST'],
    ['dangling/n', 'ENOENT', 'ENOENT'],
    ['toD/n', 'ok', 'ok'],
    ['.', 'EEXIST', 'EEXIST'],
    ['d/..', 'EEXIST', 'EEXIST'],
    ['', 'ENOENT', 'ENOENT'],
    ['x'.repeat(256), 'ENAMETOOLONG', 'ENAMETOOLONG'],
  ];
  test.each(places)('%s', (path, forMkdir, forOthers) => {
    expect(session.model.clone().step({ op: 'mkdir', path, mode: 0o755 }, session.now)).toMatchObject(
      forMkdir === 'ok' ? { ok: true } : { errno: forMkdir },
    );
    expect(session.model.clone().step({ op: 'symlink', target: 't', path }, session.now)).toMatchObject(
      forOthers === 'ok' ? { ok: true } : { errno: forOthers },
    );
    expect(session.model.clone().step({ op: 'link', from: 'f', to: path }, session.now)).toMatchObject(
      forOthers === 'ok' ? { ok: true } : { errno: forOthers },
    );
  });
});

describe('mkdir', () => {
  test('counts in the parent, and both have the time of the call', () => {
    session.prepare({ op: 'mkdir', path: 'd/n', mode: 0o700 });
    const { now } = session;
    expect(session.lstat('d/n')).toMatchObject({ links: 2, mode: 0o700, atime: now, mtime: now, ctime: now });
    expect(session.lstat('d')).toMatchObject({ links: 3, mtime: now, ctime: now });
  });

  test('keeps the sticky bit of the mode, but not the set-id bits (mkdir(2))', () => {
    session.prepare({ op: 'mkdir', path: 'n', mode: 0o7777 });
    expect(session.lstat('n').mode).toBe(0o1777);
  });

  // inode(7), S_ISGID: new files get the directory's group, new directories the bit too.
  test('in a setgid directory hands the group and the bit down', () => {
    session.prepare({ op: 'chown', path: 'd', uid: 5, gid: 7 }, { op: 'chmod', path: 'd', mode: 0o2755 });
    session.prepare({ op: 'mkdir', path: 'd/n', mode: 0o755 }, { op: 'symlink', target: 'x', path: 'd/l' });
    session.file('d/f');
    expect(session.lstat('d/n')).toMatchObject({ uid: 0, gid: 7, mode: 0o2755 });
    expect(session.lstat('d/f')).toMatchObject({ uid: 0, gid: 7, mode: 0o644 });
    expect(session.lstat('d/l')).toMatchObject({ uid: 0, gid: 7, mode: 0o777 });
  });
});

// Measured on Linux 6.18.44 with 65010 subdirectories: 64998 of them give 65000 links, one more gives 1, and it
// stays 1 when they are removed again.
test('a directory with too many subdirectories stops counting for good', () => {
  const few = new Session({ linksMax: 5 });
  few.prepare({ op: 'mkdir', path: 'p', mode: 0o755 });
  const counts = [0, 1, 2, 3, 4].map((index) => {
    few.prepare({ op: 'mkdir', path: `p/${index}`, mode: 0o755 });
    return few.lstat('p').links;
  });
  expect(counts).toEqual([3, 4, 5, 1, 1]);
  for (let index = 0; index < 5; index++) few.prepare({ op: 'rmdir', path: `p/${index}` });
  expect(few.lstat('p').links).toBe(1);
  few.prepare({ op: 'mkdir', path: 'p/again', mode: 0o755 });
  expect(few.lstat('p').links).toBe(1);
});

describe('symlink', () => {
  test('has mode 0777 and the size of its target in bytes', () => {
    session.prepare({ op: 'symlink', target: 'ü/x', path: 'l' });
    expect(session.lstat('l')).toMatchObject({ type: 'symlink', mode: 0o777, size: 4, links: 1 });
  });

  // symlink(2); the target and its NUL must fit into one block (Linux 6.18.44 with 1 KiB blocks: 1023 bytes do).
  test('looks at the target before the path, and at its fit into a block after it', () => {
    const small = new Session({ blockSizeBytes: 1024 });
    expect(small.run({ op: 'symlink', target: '', path: 'none/x' })).toBe('ENOENT');
    expect(small.run({ op: 'symlink', target: 't'.repeat(4096), path: 'lost+found' })).toBe('ENAMETOOLONG');
    expect(small.run({ op: 'symlink', target: 't'.repeat(1024), path: 'lost+found' })).toBe('EEXIST');
    expect(small.run({ op: 'symlink', target: 't'.repeat(1024), path: 'l' })).toBe('ENAMETOOLONG');
    expect(small.run({ op: 'symlink', target: 't'.repeat(1023), path: 'l' })).toBe('ok');
  });
});

describe('link', () => {
  test('makes one more name, and moves ctime but not mtime of the file', () => {
    expect(session.movedBy('f', { op: 'link', from: 'f', to: 'd/g' })).toEqual(['ctime']);
    expect(session.lstat('f')).toEqual(session.lstat('d/g'));
    expect(session.lstat('f').links).toBe(2);
  });

  test('does not follow the last link of `from`, unless a slash follows', () => {
    session.prepare({ op: 'link', from: 'dangling', to: 'second' });
    expect(session.lstat('second')).toMatchObject({ type: 'symlink', links: 2 });
    expect(session.run({ op: 'link', from: 'toD/', to: 'third' })).toBe('EPERM');
    expect(session.run({ op: 'link', from: 'f/', to: 'third' })).toBe('ENOTDIR');
  });

  // The order of Linux 6.18.44: the source is found first, then the new name, and what the source is counts last.
  test.each([
    ['d', 'n', 'EPERM'],
    ['d', 'f', 'EEXIST'],
    ['d', 'none/n', 'ENOENT'],
    ['none', '', 'ENOENT'],
    ['', 'f', 'ENOENT'],
    ['.', 'n', 'EPERM'],
  ])('%s to %s is %s', (from, to, expected) => {
    expect(session.run({ op: 'link', from, to })).toBe(expected);
  });

  test('is EMLINK beyond 65000 names', () => {
    const few = new Session({ linksMax: 3 });
    few.file('f');
    few.prepare({ op: 'link', from: 'f', to: 'g' }, { op: 'link', from: 'f', to: 'h' });
    expect(few.run({ op: 'link', from: 'f', to: 'i' })).toBe('EMLINK');
    expect(few.run({ op: 'link', from: 'f', to: 'g' })).toBe('EEXIST');
  });
});

describe('out of space', () => {
  test('no name leaves a trace that could not be made', () => {
    const before = session.model.tree();
    expect(session.run({ op: 'mkdir', path: 'n', mode: 0 }, NO_SPACE)).toBe('ENOSPC');
    expect(session.run({ op: 'symlink', target: 'x', path: 'n' }, NO_SPACE)).toBe('ENOSPC');
    expect(session.model.tree()).toEqual(before);
  });

  test('is not an answer where another error comes first', () => {
    expect(session.run({ op: 'mkdir', path: 'd', mode: 0 }, NO_SPACE)).toBe('EEXIST');
    expect(session.run({ op: 'link', from: 'd', to: 'n' }, NO_SPACE)).toBe('EPERM');
  });

  // Linux 6.18.44 with 1 KiB blocks, all in use: stat shows the new ctime at once, and the old one after a remount.
  test('a link that fails moves ctime in memory only, so either may be seen', () => {
    const old = session.lstat('f');
    expect(session.run({ op: 'link', from: 'f', to: 'n' }, NO_SPACE)).toBe('ENOSPC');
    const failed = session.now;
    expect(session.lstat('f')).toEqual({ ...old, ctime: failed });
    const forgotten = { ok: true, value: { kind: 'stat', stat: old } } as const;
    expect(session.step({ op: 'lstat', path: 'f' }, forgotten)).toEqual(forgotten);
    expect(session.lstat('f')).toEqual(old);
  });

  test('after two links that failed, and in a clone, it is still the first ctime that may come back', () => {
    const old = session.lstat('f');
    session.run({ op: 'link', from: 'f', to: 'n' }, NO_SPACE);
    session.run({ op: 'link', from: 'f', to: 'n' }, NO_SPACE);
    const forgotten = { ok: true, value: { kind: 'stat', stat: old } } as const;
    const copy = session.model.clone();
    expect(copy.step({ op: 'lstat', path: 'f' }, session.now, forgotten)).toEqual(forgotten);
    expect(session.step({ op: 'lstat', path: 'f' }, forgotten)).toEqual(forgotten);
  });

  test('the old ctime of a failed link is gone with the next change', () => {
    const old = session.lstat('f');
    session.run({ op: 'link', from: 'f', to: 'n' }, NO_SPACE);
    session.prepare({ op: 'chmod', path: 'f', mode: 0o600 });
    const { now } = session;
    const forgotten = { ok: true, value: { kind: 'stat', stat: old } } as const;
    expect(session.step({ op: 'lstat', path: 'f' }, forgotten)).toMatchObject({
      value: { stat: { ctime: now } },
    });
  });
});
