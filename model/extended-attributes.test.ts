import { beforeEach, describe, expect, test } from 'vitest';
import type { AclEntry, Operation, XattrValue } from './operation.ts';
import { NO_SPACE, Session } from './testing.ts';

const ACCESS = 'system.posix_acl_access';
const DEFAULT = 'system.posix_acl_default';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o777 });
  session.file('f');
  session.prepare({ op: 'symlink', target: 'f', path: 'toF' });
});

const set = (path: string, name: string, value: XattrValue = { seed: 1, length: 10 }): Operation => ({
  op: 'setxattr',
  path,
  name,
  value,
});

// xattr(7), setxattr(2), and Linux 6.18.44 for the order of what is wrong.
describe('names', () => {
  test.each([
    ['f', 'user.a', 'ok'],
    ['f', `user.${'n'.repeat(250)}`, 'ok'],
    ['f', `user.${'n'.repeat(251)}`, 'ERANGE'],
    ['none', '', 'ERANGE'],
    ['none', 'user.a', 'ENOENT'],
    ['f', 'user.', 'EINVAL'],
    ['f', 'user', 'EOPNOTSUPP'],
    ['f', 'nosuch.a', 'EOPNOTSUPP'],
    ['f', 'system.a', 'EOPNOTSUPP'],
    ['f', 'trusted.a', 'ok'],
    ['f', 'security.a', 'ok'],
  ])('%s %s: %s', (path, name, expected) => {
    expect(session.run(set(path, name))).toBe(expected);
    if (expected === 'ok') expect(session.xattrs(path)).toEqual([name]);
  });

  test('of root’s own namespaces are refused to others, or not there', () => {
    session.prepare(set('f', 'trusted.a'), set('f', 'security.a'), { op: 'chmod', path: 'f', mode: 0o666 });
    session.as(1000);
    expect(session.run(set('f', 'trusted.a'))).toBe('EPERM');
    expect(session.run(set('f', 'security.a'))).toBe('EPERM');
    expect(session.run({ op: 'getxattr', path: 'f', name: 'trusted.a' })).toBe('ENODATA');
    expect(session.run({ op: 'getxattr', path: 'f', name: 'security.a' })).toBe('ok');
    expect(session.xattrs('f')).toEqual(['security.a']);
  });

  test('in user.* are for files and directories', () => {
    const itself = { ...set('toF', 'user.a'), nofollow: true } as Operation;
    expect(session.run(itself)).toBe('EPERM');
    expect(session.run({ ...set('toF', 'trusted.a'), nofollow: true } as Operation)).toBe('ok');
    expect(session.run({ op: 'getxattr', path: 'toF', name: 'user.a', nofollow: true })).toBe('ENODATA');
    expect([session.xattrs('toF'), session.xattrs('f')]).toEqual([['trusted.a'], []]);
  });

  test('in user.* need the permission bits, and in sticky directories the owner', () => {
    session.prepare({ op: 'chmod', path: 'f', mode: 0o604 });
    session.as(1000);
    expect(session.run(set('f', 'user.a'))).toBe('EACCES');
    expect(session.run({ op: 'getxattr', path: 'f', name: 'user.a' })).toBe('ENODATA');
    expect(session.run(set('d', 'user.a'))).toBe('ok');
    session.as(0);
    session.prepare({ op: 'chmod', path: 'd', mode: 0o1777 });
    session.as(1000);
    expect(session.run(set('d', 'user.a', { seed: 2, length: 4 }))).toBe('EPERM');
  });
});

describe('values', () => {
  test('are created, replaced and removed as the flags say', () => {
    expect(session.run({ ...set('f', 'user.a'), flag: 'replace' } as Operation)).toBe('ENODATA');
    expect(session.run({ ...set('f', 'user.a'), flag: 'create' } as Operation)).toBe('ok');
    expect(session.run({ ...set('f', 'user.a'), flag: 'create' } as Operation)).toBe('EEXIST');
    expect(session.run({ op: 'removexattr', path: 'f', name: 'user.a' })).toBe('ok');
    expect(session.run({ op: 'removexattr', path: 'f', name: 'user.a' })).toBe('ENODATA');
  });

  test('that change move ctime, and those that do not, do not', () => {
    expect(session.movedBy('f', set('f', 'user.a'))).toEqual(['ctime']);
    expect(session.movedBy('f', set('f', 'user.a'))).toEqual([]);
    expect(session.movedBy('f', set('f', 'user.a', { seed: 2, length: 10 }))).toEqual(['ctime']);
    expect(session.movedBy('f', { op: 'removexattr', path: 'f', name: 'user.a' })).toEqual(['ctime']);
  });

  // A block of 4096 bytes less its header of 32 and its end of 4, an entry of 16 and a name of 4.
  test('of more than a block are too large, of more than 64 KiB too large to ask for', () => {
    expect(session.run(set('f', 'user.a', { seed: 1, length: 4040 }))).toBe('ok');
    expect(session.run(set('f', 'user.b', { seed: 1, length: 4041 }))).toBe('ENOSPC');
    expect(session.run(set('none', 'user.a', { seed: 1, length: 65537 }))).toBe('E2BIG');
    expect(session.run(set('none', 'user.a', { seed: 1, length: 65536 }))).toBe('ENOENT');
  });

  test('that may or may not fit follow the target', () => {
    session.prepare(set('f', 'user.a', { seed: 1, length: 4040 }));
    const second = set('f', 'user.b', { seed: 1, length: 60 });
    expect(session.model.mayNotFit(second)).toBe(true);
    expect(session.run(second, NO_SPACE)).toBe('ENOSPC');
    expect(session.xattrs('f')).toEqual(['user.a']);
    expect(session.run(second)).toBe('ok');
    expect(session.model.mayNotFit(set('d', 'user.b', { seed: 1, length: 60 }))).toBe(false);
  });

  test('of a few bytes that may be the same by chance are not put to the test', () => {
    session.prepare(set('f', 'user.a', { seed: 1, length: 1 }));
    expect(session.model.enabled(set('f', 'user.a', { seed: 2, length: 1 }))).toBe(false);
    expect(session.model.enabled(set('f', 'user.a', { seed: 2, length: 2 }))).toBe(true);
  });
});

const list = (...parts: readonly string[]): { acl: AclEntry[] } => ({
  acl: parts.map((part) => {
    const [tag = '', id = '', permissions = ''] = part.split(':');
    return {
      tag: tag as AclEntry['tag'],
      permissions: Number(permissions),
      ...(id !== '' && { id: Number(id) }),
    };
  }),
});

const MINIMAL = list('owner::6', 'owning-group::4', 'others::0');
const FULL = list('owner::6', 'user:1000:7', 'owning-group::4', 'group:2000:6', 'mask::5', 'others::0');

// acl(5).
describe('access control lists', () => {
  test.each([
    ['owner::6', 'owning-group::4'],
    ['owning-group::4', 'owner::6', 'others::0'],
    ['owner::6', 'owner::6', 'owning-group::4', 'others::0'],
    ['owner::6', 'user:1000:7', 'owning-group::4', 'others::0'],
    ['owner::8', 'owning-group::4', 'others::0'],
    ['owner::6', 'user::7', 'owning-group::4', 'mask::7', 'others::0'],
  ])('that say nothing sound are refused: %s %s %s', (...parts) => {
    expect(session.run(set('f', ACCESS, list(...parts)))).toBe('EINVAL');
  });

  test('are bytes of version 2, or nothing', () => {
    expect(session.run(set('f', ACCESS, { seed: 1, length: 3 }))).toBe('EINVAL');
    expect(session.run(set('f', ACCESS, { seed: 1, length: 44 }))).toBe('EOPNOTSUPP');
    expect(session.run(set('f', ACCESS, { acl: [] }))).toBe('ok');
  });

  test('set the mode, and are read back as they were', () => {
    session.prepare(set('f', ACCESS, FULL));
    expect(session.lstat('f').mode).toBe(0o650);
    const outcome = session.step({ op: 'getxattr', path: 'f', name: ACCESS });
    // struct posix_acl_xattr_header and entries: version 2, then tag, permissions and id of each.
    const entries = ['01000600ffffffff', '02000700e8030000', '04000400ffffffff', '08000600d0070000'];
    const text = ['02000000', ...entries, '10000500ffffffff', '20000000ffffffff'].join('');
    const bytes = Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    expect(outcome).toEqual({ ok: true, value: { kind: 'data', bytes } });
  });

  test('that a mode can say are none', () => {
    session.prepare(set('f', ACCESS, FULL), set('f', ACCESS, MINIMAL));
    expect(session.lstat('f').mode).toBe(0o640);
    expect(session.run({ op: 'getxattr', path: 'f', name: ACCESS })).toBe('ENODATA');
    expect(session.movedBy('f', set('f', ACCESS, MINIMAL))).toEqual([]);
  });

  test('follow chmod with their mask', () => {
    session.prepare(set('f', ACCESS, FULL), { op: 'chmod', path: 'f', mode: 0o777 });
    session.as(1000);
    expect(session.tryOpen('f', 'read-write', {})).toBe('ok');
  });

  test('decide by the first user, then by any group, within the mask', () => {
    session.prepare(set('f', ACCESS, FULL));
    session.as(1000);
    expect(session.tryOpen('f', 'read', {})).toBe('ok');
    expect(session.tryOpen('f', 'write', {})).toBe('EACCES');
    session.as(1001, 2000);
    expect(session.tryOpen('f', 'read', {})).toBe('ok');
    expect(session.tryOpen('f', 'write', {})).toBe('EACCES');
    session.as(1001, 1001);
    expect(session.tryOpen('f', 'read', {})).toBe('EACCES');
  });

  test('are for the owner, for no link, and as defaults for directories', () => {
    expect(session.run({ ...set('toF', ACCESS, FULL), nofollow: true } as Operation)).toBe('EOPNOTSUPP');
    expect(session.run(set('f', DEFAULT, FULL))).toBe('EACCES');
    expect(session.run({ op: 'removexattr', path: 'f', name: DEFAULT })).toBe('ok');
    expect(session.run({ op: 'removexattr', path: 'f', name: ACCESS })).toBe('ok');
    session.as(1000);
    expect(session.run(set('d', ACCESS, FULL))).toBe('EPERM');
    // Linux 6.18.44: permissions come before the order of entries, and after the ids.
    expect(session.run(set('d', ACCESS, list('others::0')))).toBe('EPERM');
    expect(session.run(set('d', ACCESS, list('user::7')))).toBe('EINVAL');
  });

  test('of a directory are inherited, less what the mode does not grant', () => {
    session.prepare(
      set('d', DEFAULT, list('owner::7', 'user:1000:7', 'owning-group::5', 'mask::7', 'others::4')),
    );
    session.prepare({ op: 'mkdir', path: 'd/e', mode: 0o750 });
    session.file('d/g');
    expect(session.lstat('d/e').mode).toBe(0o750);
    expect(session.xattrs('d/e')).toEqual([ACCESS, DEFAULT]);
    expect(session.lstat('d/g').mode).toBe(0o644);
    expect(session.xattrs('d/g')).toEqual([ACCESS]);
    session.prepare(set('d', DEFAULT, list('owner::7', 'owning-group::5', 'others::0')));
    session.file('d/h');
    expect(session.lstat('d/h').mode).toBe(0o640);
    expect(session.xattrs('d/h')).toEqual([]);
  });
});
