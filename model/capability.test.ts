import { beforeEach, describe, expect, test } from 'vitest';
import type { Operation, XattrValue } from './operation.ts';
import { Session } from './testing.ts';

const NAME = 'security.capability';
const SET: XattrValue = { capability: { permitted: 1, inheritable: 0, effective: true } };

let session: Session;

beforeEach(() => {
  session = new Session();
  session.file('f');
  session.prepare({ op: 'chmod', path: 'f', mode: 0o666 });
});

const give = (path: string, value: XattrValue = SET): Operation => ({
  op: 'setxattr',
  path,
  name: NAME,
  value,
});

// capabilities(7); what Linux 6.18.44 gave back of a value with VFS_CAP_REVISION_2.
test('are read as they were given', () => {
  session.prepare(give('f'));
  const bytes = Uint8Array.from([1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const value = { kind: 'data', bytes };
  expect(session.step({ op: 'getxattr', path: 'f', name: NAME })).toEqual({ ok: true, value });
});

describe('the capabilities of a program', () => {
  const written = (): Operation => ({
    op: 'pwrite',
    handle: session.open('f'),
    offset: 0,
    content: { seed: 1, length: 1 },
  });

  // The answers are those of Linux 6.18.44, asked by root and by somebody else.
  test.each<[string, () => Operation]>([
    ['write', written],
    ['truncate', () => ({ op: 'truncate', path: 'f', size: 0 })],
    ['chown that changes nothing', () => ({ op: 'chown', path: 'f', uid: -1, gid: -1 })],
    [
      'open with O_TRUNC',
      () => ({ op: 'open', as: 'fd99', path: 'f', access: 'write', flags: { truncate: true }, mode: 0 }),
    ],
  ])('are lost by %s, whoever does it', (_, operation) => {
    for (const uid of [0, 1000]) {
      session.as(0);
      session.prepare(give('f'));
      session.as(uid);
      session.prepare(operation());
      expect(session.xattrs('f')).toEqual([]);
      if (uid === 0) session.run({ op: 'close', handle: 'fd99' });
    }
  });

  test('stay with chmod, utimens, a write of nothing, and with directories', () => {
    session.prepare(give('f'), { op: 'chmod', path: 'f', mode: 0o755 });
    session.prepare({ op: 'utimens', path: 'f', atime: 'now', mtime: 'now' });
    const handle = session.open('f');
    session.prepare({ op: 'write', handle, content: { seed: 1, length: 0 } });
    expect(session.xattrs('f')).toEqual([NAME]);
    session.prepare(give('.'), { op: 'chown', path: '.', uid: 0, gid: 0 });
    expect(session.xattrs('.')).toEqual([NAME]);
  });

  test('stay with a truncation that s_maxbytes refuses, not with one that only the map refuses', () => {
    session = new Session({ extents: false, maxIndirectBytes: 1000, maxReadBytes: 2000 });
    session.file('f');
    session.prepare(give('f'));
    expect(session.run({ op: 'truncate', path: 'f', size: 2001 })).toBe('EFBIG');
    expect(session.xattrs('f')).toEqual([NAME]);
    expect(session.movedBy('f', { op: 'stat', path: 'f' })).toEqual([]);
    expect(session.run({ op: 'truncate', path: 'f', size: 1001 })).toBe('EFBIG');
    expect(session.lstat('f').ctime.seconds).toBe(session.now.seconds - 1);
    expect(session.xattrs('f')).toEqual([]);
  });

  test('are root’s to give, and have a form', () => {
    expect(session.run(give('f', { seed: 1, length: 19 }))).toBe('EINVAL');
    session.as(1000);
    expect(session.run(give('f'))).toBe('EPERM');
    expect(session.run(give('f', { seed: 1, length: 19 }))).toBe('EINVAL');
    expect(session.run({ op: 'removexattr', path: 'f', name: NAME })).toBe('EPERM');
  });
});
