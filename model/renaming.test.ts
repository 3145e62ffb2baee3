import { beforeEach, describe, expect, test } from 'vitest';
import { NO_SPACE, Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  for (const path of ['d', 'd/e', 'd/e/x', 'empty']) session.prepare({ op: 'mkdir', path, mode: 0o755 });
  session.file('f');
  session.file('d/g');
  session.prepare({ op: 'link', from: 'f', to: 'f2' }, { op: 'symlink', target: 'd', path: 'toD' });
});

// rename(2), and Linux 6.18.44 where the manual is silent.
describe('rename answers', () => {
  test.each([
    ['f', 'n', 'ok'],
    ['f', 'f', 'ok'],
    ['f', 'f2', 'ok'],
    ['f', 'f2/', 'ENOTDIR'],
    ['f/', 'n', 'ENOTDIR'],
    ['f', 'n/', 'ENOTDIR'],
    ['f', 'd', 'EISDIR'],
    ['f', 'empty', 'EISDIR'],
    ['f', 'd/g', 'ok'],
    ['d/g', 'd', 'ENOTEMPTY'],
    ['none', 'f', 'ENOENT'],
    ['none/x', 'f', 'ENOENT'],
    ['f', 'none/x', 'ENOENT'],
    ['f', 'd/g/x', 'ENOTDIR'],
    ['d', 'd', 'ok'],
    ['d', 'd/', 'ok'],
    ['d/', 'n/', 'ok'],
    ['d', 'f', 'ENOTDIR'],
    ['d', 'empty', 'ok'],
    ['empty', 'd', 'ENOTEMPTY'],
    ['d', 'd/n', 'EINVAL'],
    ['d', 'd/e', 'EINVAL'],
    ['d', 'd/e/x', 'EINVAL'],
    ['d', 'd/none/x', 'ENOENT'],
    ['d/e', 'd', 'ENOTEMPTY'],
    ['d/e/x', 'd', 'ENOTEMPTY'],
    ['.', 'n', 'EBUSY'],
    ['d', '.', 'EBUSY'],
    ['d/..', 'n', 'EBUSY'],
    ['none', '..', 'EBUSY'],
    ['none/x/.', 'n', 'ENOENT'],
    ['toD', 'd', 'EISDIR'],
    ['d', 'toD', 'ENOTDIR'],
    ['toD', 'n', 'ok'],
    ['toD/', 'n', 'ENOTDIR'],
    ['f', 'toD/n', 'ok'],
    ['', 'n', 'ENOENT'],
    ['f', '', 'ENOENT'],
    ['f', 'x'.repeat(256), 'ENAMETOOLONG'],
    ['none', 'x'.repeat(256), 'ENOENT'],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(session.run({ op: 'rename', from, to })).toBe(expected);
  });
});

test('a name of the same inode is left as it is, and no time moves', () => {
  const before = session.model.tree();
  session.prepare({ op: 'rename', from: 'f', to: 'f2' });
  expect(session.model.tree()).toEqual(before);
});

test('ctime of what moved and of what was replaced, mtime and ctime of both directories become now', () => {
  const replaced = session.open('d/g', 'read');
  const [mtime, handle] = [session.lstat('f').mtime, session.open('f', 'read')];
  session.prepare({ op: 'rename', from: 'f', to: 'd/g' });
  const { now } = session;
  expect(session.fstat(handle)).toMatchObject({ mtime, ctime: now, links: 2 });
  expect(session.fstat(replaced)).toMatchObject({ ctime: now, links: 0 });
  expect(session.lstat('d')).toMatchObject({ mtime: now, ctime: now });
  expect(session.lstat('.')).toMatchObject({ mtime: now, ctime: now });
});

test('a directory that moves takes its tree along and is counted where it is', () => {
  session.prepare({ op: 'rename', from: 'd/e', to: 'empty/e' });
  expect(session.lstat('d').links).toBe(2);
  expect(session.lstat('empty').links).toBe(3);
  expect(session.run({ op: 'stat', path: 'empty/e/x/../../e' })).toBe('ok');
  expect(session.run({ op: 'stat', path: 'd/e' })).toBe('ENOENT');
});

test('a directory that replaces an empty one in the same place leaves one less to count', () => {
  const replaced = session.open('empty', 'read');
  const { links } = session.lstat('.');
  session.prepare({ op: 'rename', from: 'd', to: 'empty' });
  expect(session.lstat('.').links).toBe(links - 1);
  expect(session.fstat(replaced).links).toBe(0);
  expect(session.lstat('empty/g').type).toBe('file');
});

test('views follow a directory that moved', () => {
  session.prepare({ op: 'rename', from: 'd', to: 'empty/d' });
  const { files } = session.model;
  const paths = Array.from({ length: files.length }, (_, index) => files.at(index)?.path);
  expect(paths.toSorted()).toEqual(['empty/d/g', 'f', 'f2']);
});

test('ENOSPC is followed for a new name only, and leaves nothing', () => {
  const before = session.model.tree();
  expect(session.run({ op: 'rename', from: 'f', to: 'n' }, NO_SPACE)).toBe('ENOSPC');
  expect(session.model.tree()).toEqual(before);
  expect(session.run({ op: 'rename', from: 'f', to: 'd/g' }, NO_SPACE)).toBe('ok');
});

// Linux 6.18.44 says ENOTDIR. From 6.19 on, __start_renaming() asks whether the target is an ancestor first.
test('a slash behind a file below the target is not tried, since kernels disagree', () => {
  for (const [from, to] of [
    ['d/g/', 'd'],
    ['d/g', 'd/'],
  ] as const) {
    const before = session.model.tree();
    expect(session.model.enabled({ op: 'rename', from, to })).toBe(false);
    expect(session.model.tree()).toEqual(before);
    expect(session.run({ op: 'rename', from, to })).toBe('ENOTDIR');
  }
  expect(session.model.enabled({ op: 'rename', from: 'toD/g/', to: 'd' })).toBe(false);
  expect(session.lstat('toD').atime).toEqual(session.lstat('toD').mtime);
  expect(session.model.enabled({ op: 'rename', from: 'd/g/', to: 'empty' })).toBe(true);
  expect(session.model.enabled({ op: 'rename', from: 'd/e/', to: 'd' })).toBe(true);
});

// rename(2), RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT; Linux 6.18.44 for the order of errors.
describe('rename with a flag', () => {
  test.each([
    ['f', 'n', 'noreplace', 'ok'],
    ['f', 'd/g', 'noreplace', 'EEXIST'],
    ['f', 'f2', 'noreplace', 'EEXIST'],
    ['f', '.', 'noreplace', 'EEXIST'],
    ['f', 'd/', 'noreplace', 'EEXIST'],
    ['none', 'd', 'noreplace', 'ENOENT'],
    ['f', 'n', 'exchange', 'ENOENT'],
    ['f', 'd', 'exchange', 'ok'],
    ['f', 'd/', 'exchange', 'ok'],
    ['d', 'f/', 'exchange', 'ENOTDIR'],
    ['d', 'd/e', 'exchange', 'EINVAL'],
    ['d/e', 'd', 'exchange', 'EINVAL'],
    ['d', 'empty', 'exchange', 'ok'],
    ['f', 'f2', 'exchange', 'ok'],
    ['f', '.', 'exchange', 'EBUSY'],
    ['f', 'n', 'whiteout', 'ok'],
    ['f', 'd/g', 'whiteout', 'ok'],
    ['d', 'n', 'whiteout', 'ok'],
    ['d', 'f', 'whiteout', 'ENOTDIR'],
  ] as const)('%s to %s, %s: %s', (from, to, flag, expected) => {
    expect(session.run({ op: 'rename', from, to, flag })).toBe(expected);
  });

  test('exchange moves both, and the directories count', () => {
    expect(session.movedBy('d/e', { op: 'rename', from: 'f', to: 'd/e', flag: 'exchange' })).toEqual([
      'ctime',
    ]);
    expect(session.lstat('f')).toMatchObject({ type: 'directory' });
    expect(session.lstat('f/x').type).toBe('directory');
    expect(session.lstat('d/e').type).toBe('file');
    expect(session.lstat('d').links).toBe(2);
    expect(session.lstat('.').links).toBe(6);
  });

  test('a whiteout stays behind', () => {
    session.prepare({ op: 'rename', from: 'f', to: 'd/n', flag: 'whiteout' });
    const device = { major: 0, minor: 0 };
    expect(session.lstat('f')).toMatchObject({ type: 'character-device', mode: 0, links: 1, device });
    expect(session.lstat('d/n').links).toBe(2);
  });

  // ext4_rename gives the old name back, and that moves the directory's times; nothing else does.
  test('a whiteout that fails late moves the times of the directory', () => {
    expect(session.run({ op: 'rename', from: 'empty', to: 'd', flag: 'whiteout' })).toBe('ENOTEMPTY');
    expect(session.lstat('.').mtime).toEqual({ ...session.now, seconds: session.now.seconds - 1 });
    expect(session.run({ op: 'rename', from: 'empty', to: 'd' })).toBe('ENOTEMPTY');
    expect(session.lstat('.').mtime.seconds).toBeLessThan(session.now.seconds - 1);
  });

  test('a whiteout without space may move the times of the directory, or not', () => {
    const before = session.lstat('.');
    expect(session.run({ op: 'rename', from: 'f', to: 'd/g', flag: 'whiteout' }, NO_SPACE)).toBe('ENOSPC');
    // Whatever else is wrong: the whiteout's inode comes first.
    const full = { op: 'rename', from: 'empty', to: 'd', flag: 'whiteout' } as const;
    expect(session.run(full, NO_SPACE)).toBe('ENOSPC');
    const outcome = session.step(
      { op: 'lstat', path: '.' },
      { ok: true, value: { kind: 'stat', stat: before } },
    );
    expect(outcome).toEqual({ ok: true, value: { kind: 'stat', stat: before } });
  });
});
