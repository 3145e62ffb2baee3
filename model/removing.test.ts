import { beforeEach, describe, expect, test } from 'vitest';
import { Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 }, { op: 'mkdir', path: 'd/e', mode: 0o755 });
  session.file('f');
  session.prepare({ op: 'symlink', target: 'd/e', path: 'toE' });
});

// unlink(2), rmdir(2); Linux 6.18.44 for the last component.
describe('removing', () => {
  test.each([
    // path, what unlink says, what rmdir says
    ['f', 'ok', 'ENOTDIR'],
    ['f/', 'ENOTDIR', 'ENOTDIR'],
    ['f/.', 'ENOTDIR', 'ENOTDIR'],
    ['none', 'ENOENT', 'ENOENT'],
    ['none/', 'ENOENT', 'ENOENT'],
    ['d', 'EISDIR', 'ENOTEMPTY'],
    ['d/e', 'EISDIR', 'ok'],
    ['d/e/', 'EISDIR', 'ok'],
    ['d/e/.', 'EISDIR', 'EINVAL'],
    ['d/e/..', 'EISDIR', 'ENOTEMPTY'],
    ['.', 'EISDIR', 'EINVAL'],
    ['..', 'EISDIR', 'ENOTEMPTY'],
    ['toE', 'ok', 'ENOTDIR'],
    ['toE/', 'ENOTDIR', 'ENOTDIR'],
    ['', 'ENOENT', 'ENOENT'],
    ['lost+found', 'EISDIR', 'ok'],
    ['x'.repeat(256), 'ENAMETOOLONG', 'ENAMETOOLONG'],
  ])('%s', (path, forUnlink, forRmdir) => {
    const outcome = session.model.clone().step({ op: 'unlink', path }, session.now);
    expect(outcome.ok ? 'ok' : outcome.errno).toBe(forUnlink);
    expect(session.run({ op: 'rmdir', path })).toBe(forRmdir);
  });
});

test('an open file outlives its last name, with its contents', () => {
  const handle = session.open('f');
  session.prepare({ op: 'write', handle, content: { seed: 1, length: 5 } }, { op: 'unlink', path: 'f' });
  const { now } = session;
  expect(session.fstat(handle)).toMatchObject({ links: 0, size: 5, ctime: now });
  expect(session.pread(handle, 0, 9)).toEqual([{ kind: 'bytes', seed: 1, start: 0, length: 5 }]);
  session.file('f');
  expect(session.lstat('f').size).toBe(0);
});

test('unlink moves ctime of what is left, and mtime and ctime of the directory', () => {
  session.prepare({ op: 'link', from: 'f', to: 'd/g' });
  expect(session.movedBy('f', { op: 'unlink', path: 'd/g' })).toEqual(['ctime']);
  session.prepare({ op: 'link', from: 'f', to: 'd/g' });
  expect(session.movedBy('d', { op: 'unlink', path: 'd/g' })).toEqual(['mtime', 'ctime']);
});

test('a removed directory that is open has no links, and the parent one less', () => {
  const handle = session.open('d/e', 'read');
  session.prepare({ op: 'rmdir', path: 'd/e' });
  const { now } = session;
  expect(session.fstat(handle)).toMatchObject({ links: 0, ctime: now });
  expect(session.lstat('d')).toMatchObject({ links: 2, mtime: now, ctime: now });
  expect(session.run({ op: 'fsync', handle })).toBe('ok');
});
