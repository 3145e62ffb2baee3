import { expect, test } from 'vitest';
import type { AclEntry, Errno, Operation, Outcome } from '../../../model/index.ts';
import type { FailureSignature } from '../../failure.ts';
import { DEFAULT_SETUP } from '../../setup.ts';
import { MetDifferences } from './met-differences.ts';

const DONE: Outcome = { ok: true, value: { kind: 'done' } };
const fails = (errno: Errno): Outcome => ({ ok: false, errno });
const failure = (more: Partial<FailureSignature>): FailureSignature => ({
  kind: 'result',
  target: 'loop',
  step: 3,
  operation: 'pwrite',
  detail: '',
  ...more,
});

const DONTCACHE: Operation = {
  op: 'pwrite',
  handle: 'fd0',
  offset: 0,
  content: { seed: 1, length: 1024 },
  rwf: ['dontcache'],
};

test('an answer that may be another explains the failure of that answer, also when somebody has looked since', () => {
  const met = new MetDifferences('6.1.176', 'ext4', DEFAULT_SETUP);
  met.record(DONTCACHE, fails('EOPNOTSUPP'));
  expect(met.excuse(failure({}))).toBe('no RWF_DONTCACHE');
  met.record({ op: 'fstat', handle: 'fd0' }, DONE);
  expect(met.excuse(failure({}))).toBe('no RWF_DONTCACHE');
  expect(met.excuse(failure({ operation: 'fstat' }))).toBeNull();
  expect(met.excuse(failure({ kind: 'tree' }))).toBeNull();
  met.record({ op: 'sync' }, DONE);
  expect(met.excuse(failure({}))).toBeNull();
});

test('what needs something before it explains nothing without that', () => {
  const chattr: Operation = { op: 'chattr', path: 'a', immutable: false, append: false, extents: true };
  const early = failure({ kind: 'space', operation: 'chattr', detail: 'chattr out of space too early' });
  const met = new MetDifferences('6.18.44', 'ext4', DEFAULT_SETUP);
  met.record(chattr, fails('ENOSPC'));
  expect(met.excuse(early)).toBeNull();
  const owner = { tag: 'owner', permissions: 7 } as const;
  const more = { tag: 'user', permissions: 5, id: 1000 } as const;
  const list = (path: string, ...acl: AclEntry[]): Operation => ({
    op: 'setxattr',
    path,
    name: 'system.posix_acl_default',
    value: { acl: [owner, ...acl] },
  });
  const excuseBehind = (operation: Operation, outcome: Outcome): string | null => {
    met.record(operation, outcome);
    met.record(chattr, fails('ENOSPC'));
    return met.excuse(early);
  };
  expect(excuseBehind(list('.', more, more, more), fails('EINVAL'))).toBeNull();
  expect(excuseBehind(list('d', more, more, more), DONE)).toBeNull();
  expect(excuseBehind(list('d/..', more, more), DONE)).toBeNull();
  expect(excuseBehind(list('d/..', more, more, more), DONE)).toMatch(/^chattr \+e/);
  expect(excuseBehind(list('.', more, more), DONE)).toBeNull();
  expect(excuseBehind(list('./', more, more, more), DONE)).toMatch(/^chattr \+e/);
  const removed: Operation = { op: 'removexattr', path: '.', name: 'system.posix_acl_default' };
  expect(excuseBehind(removed, fails('EACCES'))).toMatch(/^chattr \+e/);
  expect(excuseBehind(removed, DONE)).toBeNull();
});

test('what spoils stays met, and stamps may be older only of what says so', () => {
  const setup = { ...DEFAULT_SETUP, blockSize: 1024, format: { features: ['inline_data'] } } as const;
  const met = new MetDifferences('6.1.176', 'ext4', setup);
  const zeros = failure({ kind: 'tree', operation: 'pread', detail: 'pread zeros where bytes belong' });
  const write = { op: 'pwrite', handle: 'fd0', content: { seed: 1, length: 1 } } as const;
  expect(met.record({ ...write, offset: 4096 }, DONE)).toBe('usual stamps');
  met.record({ ...write, offset: 0 }, DONE);
  expect(met.excuse(zeros)).toBeNull();
  met.record({ ...write, offset: 4096 }, DONE);
  expect(met.record({ op: 'sync' }, DONE)).toBe('usual stamps');
  expect(met.excuse(zeros)).toMatch(/^a read of a page/);
  const punch = { op: 'fallocate', handle: 'fd0', mode: 'punch', offset: 0, length: 1 } as const;
  expect(met.record(punch, DONE)).toBe('older stamps');
});
