import { expect, test } from 'vitest';
import { Session, moved } from './testing.ts';

test('caches of ranges are for whoever may open the file, and change nothing', () => {
  const session = new Session();
  session.file('f');
  const before = session.lstat('f');
  for (const op of ['reclaim', 'writeback'] as const) {
    expect(session.run({ op, path: 'f', offset: 0, length: 100 })).toBe('ok');
    expect(session.run({ op, path: 'g', offset: 0, length: 100 })).toBe('ENOENT');
  }
  expect(session.lstat('f')).toEqual(before);
  session.prepare({ op: 'chmod', path: 'f', mode: 0o200 });
  session.as(1000);
  expect(session.run({ op: 'reclaim', path: 'f', offset: 0, length: 100 })).toBe('EACCES');
});

// ext4_trim_fs and ext4_ioctl: EINVAL below a block, EPERM without CAP_SYS_ADMIN.
test('root trims at least a block, as much as there is', () => {
  const session = new Session();
  const trim = { op: 'trim', start: 0, length: 2 ** 40, minimum: 0 } as const;
  expect(session.count(trim, moved(123_456))).toBe(123_456);
  expect(session.run({ ...trim, length: 4095 })).toBe('EINVAL');
  expect(session.model.enabled({ ...trim, start: 2 ** 40 })).toBe(false);
  session.as(1000);
  expect(session.run(trim)).toBe('EPERM');
  expect(session.run({ op: 'reconfigure', mount: { dioreadNolock: true } })).toBe('EPERM');
});

test('nothing is reconfigured where data is journalled, and never nothing', () => {
  const enabled = (journalsData: boolean, mount: { dioreadNolock?: boolean }): boolean =>
    new Session({ journalsData }).model.enabled({ op: 'reconfigure', mount });
  expect(enabled(false, { dioreadNolock: false })).toBe(true);
  expect(enabled(true, { dioreadNolock: false })).toBe(false);
  expect(enabled(false, {})).toBe(false);
});
