import { expect, test } from 'vitest';
import type { Operation } from '../model/index.ts';
import { typescriptTargets, type Target } from './index.ts';
import { WayCoverage } from './way-coverage.ts';

const OK = { ok: true, value: { kind: 'done' } } as const;
const REFUSED = { ok: false, errno: 'EOPNOTSUPP' } as const;

const punch: Operation = { op: 'fallocate', handle: 'fd0', mode: 'punch', offset: 0, length: 1 };

const cannot = (name: string, ...unperformed: readonly ('fallocate punch' | 'rwf' | 'swapon')[]): Target => {
  const [target = expect.fail('no target')] = typescriptTargets();
  return Object.assign(Object.create(target) as Target, {
    name,
    capabilities: { ...target.capabilities, unperformed: new Set(unperformed) },
  });
};

test('an operation counts whatever it answers, a way of it only with success, each on the targets that performed it', () => {
  const coverage = new WayCoverage();
  coverage.record(punch, OK, ['a', 'b']);
  coverage.record(punch, REFUSED, ['a']);
  const table = coverage.table([cannot('a'), cannot('b')]);
  expect(table['fallocate']).toEqual({ a: 2, b: 1 });
  expect(table['fallocate punch']).toEqual({ a: 1, b: 1 });
  expect(table['fallocate zero']).toEqual({ a: 0, b: 0 });
  expect(table['store']).toEqual({ a: 0, b: 0 });
});

test('what a target cannot do is no zero', () => {
  const table = new WayCoverage().table([cannot('a', 'fallocate punch', 'rwf', 'swapon')]);
  expect(table['fallocate punch']).toEqual({ a: null });
  expect(table['transfer nowait']).toEqual({ a: null });
  expect(table['transfer pieces']).toEqual({ a: 0 });
  expect(table['swapon']).toEqual({ a: null });
});
