import { describe, expect, test } from 'vitest';
import { Model } from './model.ts';
import { ext4Options } from './options.ts';
import { MADE, Session } from './testing.ts';

// mke2fs(8) makes lost+found, which counts in the root.
test('a new file system holds lost+found', () => {
  const tree = new Model(ext4Options(4096, MADE)).tree();
  expect([...tree.keys()]).toEqual(['.', 'lost+found']);
  expect(tree.get('.')?.stat).toMatchObject({ type: 'directory', links: 3, size: 0 });
  expect(tree.get('lost+found')?.stat).toMatchObject({ links: 2, mode: 0o700, mtime: MADE });
});

test('an initial directory must have its parent before it', () => {
  const options = ext4Options(4096, MADE);
  const [root, lost] = options.directories;
  if (lost === undefined) throw new Error('no lost+found');
  expect(() => new Model({ ...options, directories: [root, { ...lost, path: 'a/b' }] })).toThrow(
    /a\/b.*ENOENT/,
  );
  expect(() => new Model({ ...options, directories: [lost] })).toThrow(RangeError);
});

test('the tree is sorted by path and tells contents and targets', () => {
  const session = new Session();
  session.prepare({ op: 'mkdir', path: 'b', mode: 0o755 }, { op: 'symlink', target: 'x', path: 'a' });
  const handle = session.open('b/f', 'write', { create: true });
  session.prepare({ op: 'pwrite', handle, offset: 2, content: { seed: 4, length: 3 } });
  session.file('b-');
  const tree = session.model.tree();
  expect([...tree.keys()]).toEqual(['.', 'a', 'b', 'b-', 'b/f', 'lost+found']);
  expect(tree.get('a')?.target).toBe('x');
  expect(tree.get('b/f')?.runs).toEqual([
    { kind: 'zeros', length: 2 },
    { kind: 'bytes', seed: 4, start: 0, length: 3 },
  ]);
  expect(tree.get('b-')?.runs).toEqual([]);
});

describe('what concerns the whole file system', () => {
  test('remount closes every descriptor and changes nothing else', () => {
    const session = new Session();
    const handle = session.open('f', 'write', { create: true });
    const before = session.model.tree();
    session.prepare({ op: 'remount' });
    expect(session.model.tree()).toEqual(before);
    expect(session.model.handles.size).toBe(0);
    expect(session.run({ op: 'fsync', handle })).toBe('EBADF');
  });

  test('sync, drop-caches, fsync and statfs change nothing that can be seen', () => {
    const session = new Session();
    const handle = session.open('f', 'read', { create: true });
    const directory = session.open('.', 'read');
    const before = session.model.tree();
    session.prepare({ op: 'sync' }, { op: 'drop-caches' }, { op: 'fsync', handle: directory });
    session.prepare({ op: 'fsync', handle }, { op: 'fdatasync', handle }, { op: 'statfs' });
    expect(session.model.tree()).toEqual(before);
    expect(session.model.handles.size).toBe(2);
  });
});

test('views show what a generator may want to pick from', () => {
  const session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 }, { op: 'symlink', target: 'd', path: 'd/l' });
  const handle = session.open('d/f', 'read-write', { create: true, append: true });
  session.prepare({ op: 'write', handle, content: { seed: 1, length: 7 } });
  const { directories, files, symlinks, handles } = session.model;
  expect(directories.at(0)?.path).toBe('.');
  expect([directories.length, files.length, symlinks.length]).toEqual([3, 1, 1]);
  expect(files.at(0)).toMatchObject({ path: 'd/f', size: 7, links: 1, boundaryCount: 4 });
  expect(symlinks.at(0)).toMatchObject({ path: 'd/l', target: 'd', type: 'symlink' });
  expect(directories.at(2)).toMatchObject({ path: 'd', childCount: 2 });
  expect(files.at(1)).toBeUndefined();
  expect(handles.get(handle)).toMatchObject({ position: 7, size: 7, append: true, access: 'read-write' });
});
