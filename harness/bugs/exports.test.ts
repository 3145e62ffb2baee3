import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { writeCase, type Case } from '../case.ts';
import { caseOf, OPEN, read, write } from '../export/case.fixture.ts';
import type { FailureSignature } from '../failure.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import type { Hunted } from './bugs-record.ts';
import { exercisersOf, exportsOf } from './exports.ts';

const folder = mkdtempSync(join(tmpdir(), 'exports-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PUNCH: Operation = { op: 'fallocate', handle: 'fd0', mode: 'punch', offset: 16, length: 32 };

const failing = (operations: readonly Operation[], failure: Partial<FailureSignature>): Case => ({
  ...caseOf(operations),
  failure: { kind: 'result', target: 'impl:iomap', step: 2, operation: 'pread', detail: 'bytes', ...failure },
});

test('a read that shows wrong bytes goes wrong in fsx, too, and can be typed into xfs_io', () => {
  expect(exercisersOf(failing([OPEN, write(0, 100), PUNCH, read(0, 100)], {}))).toEqual(['fsx', 'xfs_io']);
});

test.each([
  ['what only a look at the tree shows', [OPEN, write(0, 100), PUNCH], { kind: 'tree' }, ['xfs_io']],
  ['what stands in no file', [OPEN, { op: 'rename', from: 'f', to: 'g' }], { operation: 'lstat' }, []],
] as const)('fsx passes %s by', (_, operations, failure, expected) => {
  expect(exercisersOf(failing(operations, failure))).toEqual(expected);
});

test('neither makes a device fail', () => {
  const setup = { ...DEFAULT_SETUP, trouble: { endsAt: 100 } };
  expect(exercisersOf({ ...failing([OPEN, write(0, 100), read(0, 100)], {}), setup })).toEqual([]);
});

const hunted = (caseFile: string | null, shrunkTo: number | null): Hunted => ({
  seed: 1,
  judge: caseFile === null ? null : 'result',
  detail: null,
  tried: 100,
  cpuMs: 10,
  foundWith: 60,
  shrunkTo,
  caseFile,
  failsUnplanted: false,
});

test('of several hunts the smallest case counts; of none nothing is known; races have no words', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const small = file('small.json', writeCase(failing([OPEN, write(0, 100), read(0, 100)], {})));
  const large = file('large.json', writeCase(failing([OPEN, { op: 'unlink', path: 'f' }], {})));
  expect(exportsOf([hunted(large, null), hunted(small, 3)])).toEqual(['fsx', 'xfs_io']);
  expect(exportsOf([hunted(null, null)])).toBeNull();
  expect(exportsOf([hunted(file('race.json', '{ "format": "twinpath-race" }'), 4)])).toEqual([]);
});
