import { beforeEach, expect, test } from 'vitest';
import type { Handle, Operation } from './operation.ts';
import { Session } from './testing.ts';

const PAGE = 4096;
const INVALID = { ok: false, errno: 'EINVAL' } as const;

let session: Session;
let handle: Handle;

beforeEach(() => {
  session = new Session();
  session.file('f');
  session.file('g');
  handle = session.open('f');
  session.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 3 * PAGE } });
});

const swapon = { op: 'swapon', path: 'f' } as const;
const swapoff = { op: 'swapoff', path: 'f' } as const;

test('a file with a header may be swapped to, or not where it has holes', () => {
  expect(session.run(swapon)).toBe('EINVAL');
  session.prepare({ op: 'mkswap', handle });
  expect(session.run(swapon, INVALID)).toBe('EINVAL');
  expect(session.run(swapon)).toBe('ok');
  expect(session.run(swapon)).toBe('EBUSY');
  expect(session.run(swapoff)).toBe('ok');
  expect(session.run(swapoff)).toBe('EINVAL');
  session.prepare({ op: 'ftruncate', handle, size: PAGE });
  expect(session.run(swapon)).toBe('EINVAL');
});

// swapon(2): EPERM without CAP_SYS_ADMIN, else the errors of open(2) for reading and writing.
test('only root does, and only with a file', () => {
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o777 });
  expect([session.run({ ...swapon, path: 'd' }), session.run({ ...swapon, path: 'x' })]).toEqual([
    'EISDIR',
    'ENOENT',
  ]);
  session.as(1000);
  expect([session.run(swapon), session.run(swapoff)]).toEqual(['EPERM', 'EPERM']);
});

test('meanwhile it keeps its name and its contents, and only grows', () => {
  session.prepare({ op: 'mkswap', handle }, swapon);
  const refused: Operation[] = [
    { op: 'write', handle, content: { seed: 1, length: 0 } },
    { op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 1 } },
    { op: 'ftruncate', handle, size: 3 * PAGE },
    { op: 'fallocate', handle, mode: 'keep-size', offset: 0, length: 1 },
    { op: 'mmap', as: 'map0', handle, offset: 0, length: 1, sharing: 'shared', access: 'read-write' },
    { op: 'open', as: 'fd9', path: 'f', access: 'read', flags: { truncate: true }, mode: 0 },
    { op: 'mkswap', handle },
  ];
  expect(refused.map((operation) => session.run(operation))).toEqual(refused.map(() => 'ETXTBSY'));
  const named: Operation[] = [
    { op: 'unlink', path: 'f' },
    { op: 'rename', from: 'f', to: 'h' },
    { op: 'rename', from: 'g', to: 'f' },
  ];
  expect(named.map((operation) => session.run(operation))).toEqual(named.map(() => 'EPERM'));
  session.prepare({ op: 'ftruncate', handle, size: 4 * PAGE }, { op: 'link', from: 'f', to: 'l' });
  const copy = session.model.clone();
  expect(copy.step(swapoff, session.now)).toMatchObject({ ok: true });
  session.prepare({ op: 'remount' });
  expect(session.run(swapoff)).toBe('EINVAL');
});
