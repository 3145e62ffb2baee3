import { expect, test } from 'vitest';
import type { MountChanges } from './operation.ts';
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

// Asked of Linux 6.18: "can't mount with both data=journal and dioread_nolock"; dioread_lock is what such a mount has anyway.
test('journalled data goes with dioread_lock only', () => {
  const run = (journalsData: boolean, mount: MountChanges): string =>
    new Session({ journalsData }).run({ op: 'reconfigure', mount });
  expect(run(true, { dioreadNolock: true })).toBe('EINVAL');
  expect(run(true, { dioreadNolock: false })).toBe('ok');
  expect(run(true, { bufferedIomap: true })).toBe('ok');
  expect(run(false, { dioreadNolock: true })).toBe('ok');
});

test('nobody reconfigures nothing', () => {
  expect(new Session().model.enabled({ op: 'reconfigure', mount: {} })).toBe(false);
  expect(new Session().model.enabled({ op: 'reconfigure', mount: { dioreadNolock: false } })).toBe(true);
});

// Asked of Linux 6.18: open(2), swapon(2) and swapoff(2) answer ENXIO to either.
test('whiteouts and sockets cannot be opened, whatever for', () => {
  const session = new Session();
  session.file('f');
  session.prepare({ op: 'rename', from: 'f', to: 'g', flag: 'whiteout' });
  session.prepare({ op: 'mknod', path: 's', type: 'socket', mode: 0o644, device: { major: 0, minor: 0 } });
  for (const path of ['f', 's']) {
    for (const op of ['reclaim', 'writeback'] as const)
      expect(session.run({ op, path, offset: 0, length: 10 })).toBe('ENXIO');
    for (const op of ['swapon', 'swapoff'] as const) expect(session.run({ op, path })).toBe('ENXIO');
  }
});
