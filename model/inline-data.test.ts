import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle } from './operation.ts';
import { Session } from './testing.ts';

/** Asked of Linux 6.18.44, with blocks of 4096 bytes: what three levels of pointers reach, 12 + 2^10 + 2^20 + 2^30 blocks. */
const POINTERS_REACH = 4_402_345_721_856;

describe('contents that may lie in the inode', () => {
  let session: Session;
  let handle: Handle;

  beforeEach(() => {
    session = new Session({ inlineData: true });
    handle = session.open('a', 'read-write', { create: true });
    session.step({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 1 } });
  });

  test('may not grow beyond what indirect blocks reach, and have left the inode once they grew', () => {
    const refused = { ok: false, errno: 'EFBIG' } as const;
    expect(session.run({ op: 'ftruncate', handle, size: POINTERS_REACH + 1 }, refused)).toBe('EFBIG');
    expect(session.fstat(handle).size).toBe(1);
    expect(session.run({ op: 'ftruncate', handle, size: POINTERS_REACH }, refused)).toBe('ok');
    session.run({ op: 'ftruncate', handle, size: 1 });
    expect(session.run({ op: 'ftruncate', handle, size: POINTERS_REACH + 1 }, refused)).toBe('ok');
  });

  test('have left it when they are larger than it', () => {
    session.run({ op: 'ftruncate', handle, size: 257 });
    const refused = { ok: false, errno: 'EFBIG' } as const;
    expect(session.run({ op: 'ftruncate', handle, size: POINTERS_REACH + 1 }, refused)).toBe('ok');
  });

  test('are there also in a file that was larger before its first byte was written', () => {
    const other = session.open('b', 'read-write', { create: true });
    session.prepare({ op: 'ftruncate', handle: other, size: 4096 });
    session.prepare({ op: 'pwrite', handle: other, offset: 0, content: { seed: 1, length: 1 } });
    const refused = { ok: false, errno: 'EFBIG' } as const;
    expect(session.run({ op: 'ftruncate', handle: other, size: POINTERS_REACH + 1 }, refused)).toBe('EFBIG');
    session.prepare({ op: 'pwrite', handle: other, offset: 4095, content: { seed: 1, length: 1 } });
    expect(session.run({ op: 'ftruncate', handle: other, size: POINTERS_REACH + 1 }, refused)).toBe('ok');
  });

  test('cannot be sought beyond that either', () => {
    const beyond = { op: 'seek', handle, offset: POINTERS_REACH + 1, whence: 'set' } as const;
    expect(session.run(beyond, { ok: false, errno: 'EINVAL' })).toBe('EINVAL');
    expect(session.run(beyond)).toBe('ok');
  });

  // Asked of Linux 6.18.44: a file that may lie in its inode, and has extents after all, ends where every such file does.
  test('cannot be reported beyond that either, and are as long as others where they do not lie there', () => {
    const ask = (offset: number, errno: 'EINVAL' | 'EFBIG'): string =>
      session.run({ op: 'fiemap', path: 'a', offset, length: 1 }, { ok: false, errno });
    const extentsReach = (2 ** 32 - 1) * 4096;
    expect([ask(POINTERS_REACH, 'EINVAL'), ask(POINTERS_REACH + 1, 'EFBIG')]).toEqual(['EINVAL', 'EFBIG']);
    expect([ask(extentsReach, 'EINVAL'), ask(extentsReach, 'EFBIG')]).toEqual(['EINVAL', 'EFBIG']);
  });

  test('are cut off there by a write, which may be refused', () => {
    const content = { seed: 1, length: 10 };
    const across = { op: 'pwrite', handle, offset: POINTERS_REACH - 4, content } as const;
    expect(session.count(across, { ok: true, value: { kind: 'count', count: 4 } })).toBe(4);
    session.run({ op: 'ftruncate', handle, size: 1 });
    const behind = { op: 'pwrite', handle, offset: POINTERS_REACH, content } as const;
    expect(session.run(behind, { ok: false, errno: 'EFBIG' })).toBe('EFBIG');
  });

  test('make every change of an immutable inode a change of flags, also one that changes nothing', () => {
    const refused = { ok: false, errno: 'EPERM' } as const;
    session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
    const bind = { op: 'chattr', path: 'd', immutable: true, append: false } as const;
    expect(session.run(bind, refused)).toBe('ok');
    expect(session.run(bind, refused)).toBe('EPERM');
    expect(session.run({ op: 'set-project', path: 'd', project: 0 }, refused)).toBe('EPERM');
    expect(session.run({ op: 'set-project', path: 'd', project: 0 })).toBe('ok');
  });
});
