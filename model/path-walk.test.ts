import { beforeEach, describe, expect, test } from 'vitest';
import { Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 }, { op: 'mkdir', path: 'd/e', mode: 0o755 });
  session.file('d/f');
  session.prepare(
    { op: 'symlink', target: 'd', path: 'toD' },
    { op: 'symlink', target: 'd/f', path: 'toF' },
    { op: 'symlink', target: 'd/f/', path: 'toF2' },
    { op: 'symlink', target: 'f', path: 'd/near' },
    { op: 'symlink', target: 'none', path: 'dangling' },
    { op: 'symlink', target: 'loop', path: 'loop' },
  );
});

// path_resolution(7) and Linux 6.18.44.
describe('stat of a path', () => {
  test.each([
    ['.', 'ok'],
    ['', 'ENOENT'],
    ['..', 'ok'],
    ['../../d', 'ok'],
    ['d/..//./d///e/', 'ok'],
    ['d/f', 'ok'],
    ['d/f/', 'ENOTDIR'],
    ['d/f/.', 'ENOTDIR'],
    ['d/f/..', 'ENOTDIR'],
    ['d/none', 'ENOENT'],
    ['d/none/', 'ENOENT'],
    ['d/none/..', 'ENOENT'],
    ['toD/', 'ok'],
    ['toD/f', 'ok'],
    ['toD/../d', 'ok'],
    ['toF', 'ok'],
    ['toF/', 'ENOTDIR'],
    ['toF2', 'ENOTDIR'],
    ['toF/x', 'ENOTDIR'],
    ['d/near', 'ok'],
    ['dangling', 'ENOENT'],
    ['dangling/..', 'ENOENT'],
    ['loop', 'ELOOP'],
    ['loop/x', 'ELOOP'],
    ['x'.repeat(255), 'ENOENT'],
    ['x'.repeat(256), 'ENAMETOOLONG'],
    [`${'x'.repeat(256)}/..`, 'ENAMETOOLONG'],
    ['é'.repeat(128), 'ENAMETOOLONG'],
    [`${'./'.repeat(2047)}d`, 'ok'],
    ['./'.repeat(2048), 'ENAMETOOLONG'],
  ])('%s', (path, expected) => {
    expect(session.run({ op: 'stat', path })).toBe(expected);
  });
});

describe('the last symbolic link', () => {
  test('is not followed by lstat, unless a slash follows', () => {
    expect(session.lstat('toD').type).toBe('symlink');
    expect(session.lstat('toD/').type).toBe('directory');
    expect(session.lstat('toD/.').type).toBe('directory');
    expect(session.run({ op: 'lstat', path: 'toF/' })).toBe('ENOTDIR');
  });

  test('moves its atime by being followed, and only then', () => {
    expect(session.movedBy('toD', { op: 'stat', path: 'toD' })).toEqual(['atime']);
    session.file('g');
    session.prepare({ op: 'symlink', target: 'g', path: 'toG' });
    expect(session.movedBy('toG', { op: 'lstat', path: 'toG' })).toEqual([]);
    expect(session.movedBy('toG', { op: 'readlink', path: 'toG' })).toEqual(['atime']);
  });

  test('moves its atime also when the call fails', () => {
    expect(session.run({ op: 'stat', path: 'dangling/x' })).toBe('ENOENT');
    const { now } = session;
    expect(session.lstat('dangling').atime).toEqual(now);
  });
});

// MAXSYMLINKS is 40; Linux 6.18.44 follows the 40th and refuses the 41st, nested or one after the other.
describe('forty links', () => {
  test('nested are followed, one more is not', () => {
    session.prepare({ op: 'symlink', target: 'd', path: 'n1' });
    for (let index = 2; index <= 41; index++) {
      session.prepare({ op: 'symlink', target: `n${index - 1}`, path: `n${index}` });
    }
    expect(session.run({ op: 'stat', path: 'n40' })).toBe('ok');
    expect(session.run({ op: 'stat', path: 'n41' })).toBe('ELOOP');
    expect(session.run({ op: 'lstat', path: 'n41' })).toBe('ok');
  });

  test('one after the other are followed, one more is not', () => {
    expect(session.run({ op: 'stat', path: `${'toD/../'.repeat(39)}toD` })).toBe('ok');
    expect(session.run({ op: 'stat', path: `${'toD/../'.repeat(40)}toD` })).toBe('ELOOP');
    expect(session.run({ op: 'stat', path: `${'toD/../'.repeat(40)}d` })).toBe('ok');
    expect(session.run({ op: 'lstat', path: `${'toD/../'.repeat(40)}toD` })).toBe('ok');
  });
});
