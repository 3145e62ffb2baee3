import { expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { Session } from './testing.ts';

// ioctl_fsfreeze(2) has no page; freeze_super and thaw_super: EBUSY and EINVAL, EPERM without CAP_SYS_ADMIN.
test('it is frozen once and thawed once, by root', () => {
  const session = new Session();
  expect(session.run({ op: 'thaw' })).toBe('EINVAL');
  session.as(1000);
  expect(session.run({ op: 'freeze' })).toBe('EPERM');
  session.as(0);
  expect(session.run({ op: 'freeze' })).toBe('ok');
  expect(session.run({ op: 'freeze' })).toBe('EBUSY');
  session.as(1000);
  expect(session.run({ op: 'thaw' })).toBe('EPERM');
  session.as(0);
  expect(session.run({ op: 'thaw' })).toBe('ok');
  session.prepare({ op: 'freeze' }, { op: 'remount' });
  expect(session.run({ op: 'thaw' })).toBe('EINVAL');
});

test('while it is frozen no access moves a time', () => {
  const session = new Session();
  session.file('f');
  const handle = session.open('f', 'read-write');
  session.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 10 } }, { op: 'freeze' });
  expect(session.movedBy('f', { op: 'pread', handle, offset: 0, length: 10 })).toEqual([]);
  session.prepare({ op: 'thaw' });
  expect(session.movedBy('f', { op: 'pread', handle, offset: 0, length: 10 })).toEqual(['atime']);
});

test('nothing is enabled that would wait for the thaw', () => {
  const session = new Session();
  session.file('f');
  session.file('g');
  const handle = session.open('f');
  const unnamed = session.open('g');
  session.prepare({ op: 'unlink', path: 'g' }, { op: 'freeze' });
  const opening = { op: 'open', as: 'fd9', path: 'f', flags: {}, mode: 0 } as const;
  const waits: Operation[] = [
    { op: 'write', handle, content: { seed: 1, length: 1 } },
    { op: 'chmod', path: 'f', mode: 0 },
    { op: 'close', handle: unnamed },
    // It has a name, unless a target removed what others did not.
    { op: 'close', handle },
    { ...opening, access: 'write' },
    { ...opening, access: 'read', flags: { create: true } },
  ];
  const goesOn: Operation[] = [
    { op: 'pread', handle, offset: 0, length: 1 },
    { op: 'fsync', handle },
    { ...opening, access: 'read' },
    { op: 'thaw' },
  ];
  const enabled = (operation: Operation): boolean => session.model.enabled(operation);
  expect(waits.filter(enabled)).toEqual([]);
  expect(goesOn.filter(enabled)).toEqual(goesOn);
});
