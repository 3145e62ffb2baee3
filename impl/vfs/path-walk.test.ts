import { beforeAll, describe, expect, test } from 'vitest';
import type { FileSystem } from './file-system.ts';
import { outcome, putFile, testMount } from './test-mount.fixture.ts';

/**
 * What each call answers for each kind of path: path_resolution(7), the ERRORS of the system calls' own pages, and where
 * several hold, the order of the checks in fs/namei.c.
 */
let fs: FileSystem;

const LONG = 'n'.repeat(256);

beforeAll(() => {
  fs = testMount();
  fs.mkdir('dir');
  fs.mkdir('dir/sub');
  fs.mkdir('empty');
  putFile(fs, 'file');
  putFile(fs, 'dir/file');
  fs.symlink('dir', 'dirlink');
  fs.symlink('dir/', 'slashlink');
  fs.symlink('file', 'filelink');
  fs.symlink('/dir/file', 'abslink');
  fs.symlink('nowhere', 'dangling');
  fs.symlink('loop', 'loop');
  fs.symlink('file', 'chain1');
  for (let i = 2; i <= 41; i++) fs.symlink(`chain${i - 1}`, `chain${i}`);
});

describe('stat', () => {
  test.each([
    ['', 'ENOENT'],
    ['nothing', 'ENOENT'],
    ['nothing/', 'ENOENT'],
    ['nothing/more', 'ENOENT'],
    ['file/', 'ENOTDIR'],
    ['file/.', 'ENOTDIR'],
    ['file/more', 'ENOTDIR'],
    ['filelink/', 'ENOTDIR'],
    ['filelink/more', 'ENOTDIR'],
    ['dangling', 'ENOENT'],
    ['loop', 'ELOOP'],
    ['loop/more', 'ELOOP'],
    ['chain40', 'done'],
    ['chain41', 'ELOOP'],
    [LONG, 'ENAMETOOLONG'],
    [`${LONG}/more`, 'ENAMETOOLONG'],
    [`file/${LONG}`, 'ENOTDIR'],
    ['ü'.repeat(128), 'ENAMETOOLONG'],
    ['n'.repeat(255), 'ENOENT'],
    ['./'.repeat(2047) + '.', 'done'],
    ['./'.repeat(2047) + '..', 'ENAMETOOLONG'],
    ['dir', 'done'],
    ['dir/', 'done'],
    ['/dir//sub///', 'done'],
    ['dir/sub/../../file', 'done'],
    ['../../..', 'done'],
    ['/', 'done'],
    ['.', 'done'],
    ['dirlink/file', 'done'],
    ['dirlink/sub/../file', 'done'],
    ['slashlink', 'done'],
    ['abslink', 'done'],
  ])('%s: %s', (path, expected) => {
    expect(outcome(() => fs.stat(path))).toBe(expected);
  });

  test('lstat sees the link itself, but with a slash behind it what it leads to', () => {
    expect(fs.lstat('dirlink').type).toBe('symlink');
    expect(fs.lstat('dirlink/').type).toBe('directory');
    expect(fs.stat('dirlink').ino).toBe(fs.stat('dir').ino);
    expect(outcome(() => fs.lstat('loop'))).toBe('done');
    expect(outcome(() => fs.lstat('loop/'))).toBe('ELOOP');
    expect(fs.stat('..').ino).toBe(2);
    expect(fs.stat('dir/sub/..').ino).toBe(fs.stat('dir').ino);
  });
});

describe('calls that make a name', () => {
  test.each([
    ['', 'ENOENT'],
    ['file', 'EEXIST'],
    ['dangling', 'EEXIST'],
    ['file/', 'EEXIST'],
    ['.', 'EEXIST'],
    ['..', 'EEXIST'],
    ['/', 'EEXIST'],
    ['dir/.', 'EEXIST'],
    ['nothing/.', 'ENOENT'],
    ['file/new', 'ENOTDIR'],
    ['nothing/new', 'ENOENT'],
    ['loop/new', 'ELOOP'],
    [LONG, 'ENAMETOOLONG'],
  ])('mkdir, symlink and link to "%s": %s', (path, expected) => {
    expect(outcome(() => fs.mkdir(path))).toBe(expected);
    expect(outcome(() => fs.symlink('x', path))).toBe(expected);
    expect(outcome(() => fs.link('file', path))).toBe(expected);
  });

  test('only a directory may be made with a slash behind its name', () => {
    expect(outcome(() => fs.symlink('x', 'new/'))).toBe('ENOENT');
    expect(outcome(() => fs.link('file', 'new/'))).toBe('ENOENT');
    expect(outcome(() => fs.mkdir('new/'))).toBe('done');
    fs.rmdir('new');
  });

  test('what a link can be made of', () => {
    expect(outcome(() => fs.link('dir', 'new'))).toBe('EPERM');
    expect(outcome(() => fs.link('dir', 'file'))).toBe('EEXIST');
    expect(outcome(() => fs.link('nothing', 'file'))).toBe('ENOENT');
    expect(outcome(() => fs.link('file/', 'new'))).toBe('ENOTDIR');
    fs.link('dangling', 'new');
    expect(fs.lstat('new')).toMatchObject({ type: 'symlink', links: 2 });
    fs.unlink('new');
  });

  test('what a symbolic link can hold', () => {
    expect(outcome(() => fs.symlink('', 'new'))).toBe('ENOENT');
    expect(outcome(() => fs.symlink('t'.repeat(4096), 'file'))).toBe('ENAMETOOLONG');
    expect(outcome(() => fs.symlink('t'.repeat(1024), 'file'))).toBe('EEXIST');
    expect(outcome(() => fs.symlink('t'.repeat(1024), 'new'))).toBe('ENAMETOOLONG');
    for (const length of [1, 59, 60, 1023]) {
      fs.symlink('t'.repeat(length), 'new');
      expect(fs.readlink('new')).toBe('t'.repeat(length));
      expect(fs.lstat('new')).toMatchObject({ size: length, sectors: length < 60 ? 0 : 2, mode: 0o777 });
      fs.unlink('new');
    }
  });
});

describe('calls that take a name away', () => {
  test.each([
    ['', 'ENOENT', 'ENOENT'],
    ['nothing', 'ENOENT', 'ENOENT'],
    ['nothing/', 'ENOENT', 'ENOENT'],
    ['file/', 'ENOTDIR', 'ENOTDIR'],
    ['file/x', 'ENOTDIR', 'ENOTDIR'],
    ['dirlink/', 'ENOTDIR', 'ENOTDIR'],
    ['dir', 'EISDIR', 'ENOTEMPTY'],
    ['dir/', 'EISDIR', 'ENOTEMPTY'],
    ['.', 'EISDIR', 'EINVAL'],
    ['dir/.', 'EISDIR', 'EINVAL'],
    ['dir/..', 'EISDIR', 'ENOTEMPTY'],
    ['/', 'EISDIR', 'EBUSY'],
    [LONG, 'ENAMETOOLONG', 'ENAMETOOLONG'],
  ])('"%s": unlink %s, rmdir %s', (path, unlink, rmdir) => {
    expect(outcome(() => fs.unlink(path))).toBe(unlink);
    expect(outcome(() => fs.rmdir(path))).toBe(rmdir);
  });

  test('rmdir of a file, unlink of a link', () => {
    expect(outcome(() => fs.rmdir('file'))).toBe('ENOTDIR');
    expect(outcome(() => fs.rmdir('dirlink'))).toBe('ENOTDIR');
    fs.symlink('dir', 'gone');
    fs.unlink('gone');
    expect(outcome(() => fs.lstat('gone'))).toBe('ENOENT');
  });
});

describe('rename', () => {
  test.each([
    ['nothing', 'new', 'ENOENT'],
    ['', 'new', 'ENOENT'],
    ['file', '', 'ENOENT'],
    ['file/x', '', 'ENOTDIR'],
    ['nothing/x', '.', 'ENOENT'],
    ['.', 'new', 'EBUSY'],
    ['dir/..', 'new', 'EBUSY'],
    ['/', 'new', 'EBUSY'],
    ['file', '.', 'EBUSY'],
    ['file', '/', 'EBUSY'],
    ['nothing', 'dir/..', 'EBUSY'],
    ['file', LONG, 'ENAMETOOLONG'],
    ['nothing', LONG, 'ENOENT'],
    ['file/', 'new', 'ENOTDIR'],
    ['file', 'new/', 'ENOTDIR'],
    ['file', 'empty/', 'ENOTDIR'],
    ['file', 'empty', 'EISDIR'],
    ['file', 'file/x', 'ENOTDIR'],
    ['empty', 'file', 'ENOTDIR'],
    ['empty', 'dir', 'ENOTEMPTY'],
    ['dir', 'dir/sub/new', 'EINVAL'],
    ['dir', 'dir/new', 'EINVAL'],
    ['dir', 'dirlink/new', 'EINVAL'],
    ['dir/sub', 'dir', 'ENOTEMPTY'],
    ['dir/file', 'dir', 'ENOTEMPTY'],
    ['file', 'file', 'done'],
    ['dir', 'dir/', 'done'],
  ])('"%s" to "%s": %s', (from, to, expected) => {
    expect(outcome(() => fs.rename(from, to))).toBe(expected);
    expect(fs.readdir('.').map(({ name }) => name)).toContain('file');
  });

  test('two names of one file stay as they are', () => {
    fs.link('file', 'second');
    fs.rename('file', 'second');
    expect(fs.stat('file')).toMatchObject({ links: 2, ino: fs.stat('second').ino });
    fs.unlink('second');
  });

  test('a directory takes .. and the link counts with it', () => {
    fs.mkdir('a');
    fs.mkdir('b');
    fs.mkdir('a/moved');
    fs.rename('a/moved', 'b/moved');
    expect(fs.stat('b/moved/..').ino).toBe(fs.stat('b').ino);
    expect([fs.stat('a').links, fs.stat('b').links]).toEqual([2, 3]);
    fs.rename('b/moved', 'a');
    expect([fs.stat('a').links, fs.stat('b').links]).toEqual([2, 2]);
    expect(fs.stat('a/..').ino).toBe(2);
    fs.rmdir('a');
    fs.rmdir('b');
  });
});

describe('open', () => {
  const read = { access: 'read' } as const;
  const create = { access: 'write', create: true } as const;
  test.each([
    ['file', { ...create, exclusive: true }, 'EEXIST'],
    ['dangling', { ...create, exclusive: true }, 'EEXIST'],
    ['dir', { ...create, exclusive: true }, 'EEXIST'],
    ['dir', create, 'EISDIR'],
    ['.', { access: 'read', create: true }, 'EISDIR'],
    ['new/', create, 'EISDIR'],
    ['file/', create, 'EISDIR'],
    ['new', { ...create, directory: true }, 'EINVAL'],
    ['', { ...create, directory: true }, 'EINVAL'],
    ['dir', { access: 'write' }, 'EISDIR'],
    ['dir', { access: 'read', truncate: true }, 'EISDIR'],
    ['file', { access: 'read', directory: true }, 'ENOTDIR'],
    ['filelink', { access: 'read', nofollow: true }, 'ELOOP'],
    ['dirlink', { access: 'read', nofollow: true, directory: true }, 'ENOTDIR'],
    ['dirlink/', { access: 'read', nofollow: true }, 'done'],
    ['filelink', { ...create, nofollow: true }, 'ELOOP'],
    ['loop', read, 'ELOOP'],
    ['dangling', read, 'ENOENT'],
    ['file/', read, 'ENOTDIR'],
    ['dir/', read, 'done'],
    [LONG, create, 'ENAMETOOLONG'],
    ['nothing/new', create, 'ENOENT'],
  ] as const)('"%s" %j: %s', (path, flags, expected) => {
    expect(outcome(() => fs.close(fs.open(path, flags)))).toBe(expected);
  });

  test('makes the target of a dangling link', () => {
    fs.symlink('dir/made', 'maker');
    fs.close(fs.open('maker', create, 0o4751));
    expect(fs.stat('dir/made')).toMatchObject({ mode: 0o4751, size: 0, links: 1 });
    fs.unlink('dir/made');
    fs.unlink('maker');
  });

  test('answers the lowest free descriptor', () => {
    const [a, b, c] = [fs.open('file', read), fs.open('file', read), fs.open('file', read)];
    expect([b - a, c - b]).toEqual([1, 1]);
    fs.close(b);
    expect(fs.open('file', read)).toBe(b);
    fs.closeAll();
    expect(outcome(() => fs.close(a))).toBe('EBADF');
    expect(outcome(() => fs.fstat(-1))).toBe('EBADF');
  });
});

test('readlink of what is no link, readdir of what is no directory', () => {
  expect(outcome(() => fs.readlink('file'))).toBe('EINVAL');
  expect(outcome(() => fs.readlink('dirlink/'))).toBe('EINVAL');
  expect(outcome(() => fs.readdir('file'))).toBe('ENOTDIR');
  expect(outcome(() => fs.readdir('nothing'))).toBe('ENOENT');
  expect(fs.readdir('dirlink').map(({ name }) => name)).toEqual(['sub', 'file']);
});
