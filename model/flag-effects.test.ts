import { beforeEach, describe, expect, test } from 'vitest';
import type { FlagName, Operation } from './operation.ts';
import { Session } from './testing.ts';

let session: Session;

beforeEach(() => {
  session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o777 });
  session.file('f');
});

const chattr = (path: string, changes: Partial<Record<FlagName, boolean>>): Operation => ({
  op: 'chattr',
  path,
  immutable: false,
  append: false,
  ...changes,
});

const flagsOf = (path: string): unknown => {
  const outcome = session.step({ op: 'lsattr', path });
  return outcome.ok && outcome.value.kind === 'flags' ? outcome.value.flags : outcome;
};

// ioctl_iflags(2), and Linux 6.18.44 for the errnos.
describe('a flag of chattr', () => {
  test('stays when it is not named', () => {
    session.prepare(chattr('f', { noatime: true, nodump: true }), chattr('f', { nodump: false }));
    expect(flagsOf('f')).toEqual(['noatime']);
  });

  test('goes from directories to what is made there, as far as it means something to it', () => {
    session.prepare(chattr('d', { sync: true, dirsync: true, noatime: true, nodump: true, append: true }));
    session.prepare({ op: 'mkdir', path: 'd/d', mode: 0o755 });
    session.file('d/f');
    expect(flagsOf('d/d')).toEqual(['sync', 'dirsync', 'noatime', 'nodump']);
    expect(flagsOf('d/f')).toEqual(['sync', 'noatime', 'nodump']);
  });

  test('for directories is none of a file', () => {
    expect(session.run(chattr('f', { dirsync: true }))).toBe('EOPNOTSUPP');
    expect(session.run(chattr('d', { dirsync: true }))).toBe('ok');
  });

  test('does not change on what is immutable and stays so', () => {
    session.prepare(chattr('f', { immutable: true, noatime: true }));
    expect(session.run(chattr('f', { immutable: true, noatime: false }))).toBe('EPERM');
    expect(session.run(chattr('f', { noatime: false }))).toBe('ok');
  });

  test('is its owner’s affair, but for journalled data', () => {
    session.prepare({ op: 'chown', path: 'f', uid: 1000, gid: 1000 });
    session.as(1000);
    expect(session.run(chattr('f', { noatime: true }))).toBe('ok');
    expect(session.run(chattr('f', { journalData: true }))).toBe('EPERM');
    session.as(1001);
    expect(session.run(chattr('f', { noatime: true }))).toBe('EPERM');
  });
});

describe('journalled data', () => {
  test('needs a journal, and nobody says so', () => {
    session.prepare(chattr('f', { journalData: true }));
    expect(flagsOf('f')).toEqual(['journalData']);
    session = new Session({ journal: false });
    session.file('f');
    session.prepare(chattr('f', { journalData: true }));
    expect(flagsOf('f')).toEqual([]);
  });

  test('needs CAP_SYS_RESOURCE', () => {
    session = new Session({ rootHasResources: false });
    session.file('f');
    expect(session.run(chattr('f', { journalData: true }))).toBe('EPERM');
  });
});

describe('without access times', () => {
  test('neither reading nor following moves one', () => {
    session.prepare(chattr('d', { noatime: true }));
    session.prepare({ op: 'symlink', target: '.', path: 'd/l' });
    expect(session.movedBy('d', { op: 'readdir', path: 'd' })).toEqual([]);
    expect(session.movedBy('d/l', { op: 'stat', path: 'd/l/.' })).toEqual([]);
    session.prepare(chattr('d', {}), chattr('d', { noatime: false }));
    expect(session.movedBy('d', { op: 'readdir', path: 'd' })).toEqual(['atime']);
  });
});

// fs/ext4/migrate.c: what is refused is refused last, after the other flags and the time of change.
describe('chattr +e and -e', () => {
  const chattr = (extents: boolean, immutable = false) =>
    ({ op: 'chattr', path: 'f', immutable, append: false, extents }) as const;
  const REFUSED = { ok: false, errno: 'EOPNOTSUPP' } as const;

  test('a file without extents has a smaller limit, and no space of its own', () => {
    const session = new Session();
    session.file('f');
    const handle = session.open('f');
    const allocate = { op: 'fallocate', handle, mode: 'allocate', offset: 0, length: 1 } as const;
    const grow = { op: 'ftruncate', handle, size: 2 ** 43 } as const;
    expect(session.run(chattr(false))).toBe('ok');
    expect([session.run(allocate), session.run(grow)]).toEqual(['EOPNOTSUPP', 'EFBIG']);
    expect(session.run(chattr(true))).toBe('ok');
    expect([session.run(allocate), session.run(grow)]).toEqual(['ok', 'ok']);
    expect(session.model.enabled(chattr(false))).toBe(false);
  });

  test('a file that cannot do without extents keeps them; the time of change moves', () => {
    const session = new Session();
    session.file('f');
    expect(session.run(chattr(false), REFUSED)).toBe('EOPNOTSUPP');
    expect(session.lstat('f').ctime).toEqual({ ...session.now, seconds: session.now.seconds - 1 });
    expect(session.run(chattr(true), REFUSED)).toBe('ok');
  });

  test('not of what stays immutable, nor where there are no extents', () => {
    const session = new Session();
    session.file('f');
    session.prepare({ op: 'chattr', path: 'f', immutable: true, append: false });
    expect(session.run(chattr(false, true))).toBe('EPERM');
    const old = new Session({ extents: false });
    old.file('f');
    expect([old.run(chattr(false)), old.run(chattr(true))]).toEqual(['ok', 'EINVAL']);
  });
});
