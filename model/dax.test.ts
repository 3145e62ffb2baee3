import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle } from './operation.ts';
import { Session } from './testing.ts';

/** fs/dax.c, fs/ext4/file.c and fs/ext4/ioctl.c of Linux 6.18. */
describe('files without a page cache', () => {
  let session: Session;
  let handle: Handle;
  const content = { seed: 1, length: 5000 };

  beforeEach(() => {
    session = new Session({ dax: true });
    handle = session.open('a', 'read-write', { create: true, direct: true });
  });

  test('know nothing of direct I/O', () => {
    expect(session.count({ op: 'pwrite', handle, offset: 1, content, misaligned: 3 })).toBe(5000);
    expect(session.run({ op: 'pread', handle, offset: 1, length: 7 })).toBe('ok');
  });

  test('never wait, and have nothing to leave uncached', () => {
    const patient = { op: 'pwrite', handle, offset: 0, content, rwf: ['nowait'] } as const;
    expect(session.run(patient, { ok: false, errno: 'EAGAIN' })).toBe('ok');
    expect(session.fstat(handle).size).toBe(5000);
    expect(session.run({ op: 'pwrite', handle, offset: 0, content, rwf: ['dontcache'] })).toBe('EOPNOTSUPP');
    expect(session.run({ op: 'pread', handle, offset: 0, length: 9, rwf: ['dontcache'] })).toBe('EOPNOTSUPP');
    const none = { seed: 1, length: 0 };
    expect(session.run({ op: 'pwrite', handle, offset: 0, content: none, rwf: ['dontcache'] })).toBe('ok');
  });

  test('end with the memory that was written', () => {
    expect(session.count({ op: 'pwrite', handle, offset: 10, content, faultAt: 4096 })).toBe(4096);
    expect(session.fstat(handle).size).toBe(4106);
    expect(session.run({ op: 'pwrite', handle, offset: 9000, content, faultAt: 0 })).toBe('EFAULT');
    expect(session.fstat(handle).size).toBe(4106);
  });

  test('cannot journal their data, but all other flags are set before that is said', () => {
    const flags = { immutable: false, append: false, noatime: true, journalData: true };
    expect(session.run({ op: 'chattr', path: 'a', ...flags })).toBe('EBUSY');
    expect(session.step({ op: 'lsattr', path: 'a' })).toMatchObject({ value: { flags: ['noatime'] } });
    session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
    expect(session.run({ op: 'chattr', path: 'd', ...flags })).toBe('ok');
  });

  test('can be stored to through a mapping when they have become immutable', () => {
    session.run({ op: 'pwrite', handle, offset: 0, content });
    const mapped = { offset: 0, length: 4096, sharing: 'shared', access: 'read-write' } as const;
    session.prepare({ op: 'mmap', as: 'map0', handle, ...mapped });
    session.prepare({ op: 'chattr', path: 'a', immutable: true, append: false });
    expect(session.count({ op: 'store', mapping: 'map0', offset: 0, content: { seed: 2, length: 3 } })).toBe(
      3,
    );
  });
});
