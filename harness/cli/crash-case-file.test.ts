import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CRASH_FORMAT,
  CRASH_VERSION,
  programIn,
  writeCrashCase,
  type CrashCase,
} from '../crash/crash-case.ts';
import { crashItem, USUAL_CRASHES } from '../crash/crash-plan.ts';
import { crashIn } from './crash-case-file.ts';
import { UsageError } from './terminal.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-case-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const PLAN = { ...USUAL_CRASHES, seed: 1, faults: [], programs: 1 };

const saved = (kernels: Partial<CrashCase>): string => {
  const path = join(folder, 'case.json');
  const { program } = crashItem(PLAN, 0);
  const format = { format: CRASH_FORMAT, version: CRASH_VERSION, state: null, failure: null } as const;
  writeFileSync(path, writeCrashCase({ ...program, ...format, ...kernels }));
  return path;
};

test('a program of a plan names the kernels that run and recover it, and so does its case', () => {
  const kernels = { recordedOn: 'uml', recoveredBy: 'uml,kernel=/a' };
  const { program } = crashItem({ ...PLAN, ...kernels }, 0);
  expect(program).toMatchObject(kernels);
  expect(
    programIn({ ...program, format: CRASH_FORMAT, version: CRASH_VERSION, state: null, failure: null }),
  ).toEqual(program);
  const { program: own } = crashItem(PLAN, 0);
  expect(own).not.toHaveProperty('recoveredBy');
});

test('a case without kernels is read as it was written', () => {
  const path = saved({});
  expect(crashIn(path)).toEqual({
    ...crashItem(PLAN, 0).program,
    format: CRASH_FORMAT,
    version: CRASH_VERSION,
    state: null,
    failure: null,
  });
});

test.each(['recordedOn', 'recoveredBy'] as const)(
  'a case that names an unknown kernel is refused: %s',
  (role) => {
    const path = saved({ [role]: 'amiga' });
    expect(() => crashIn(path)).toThrow(UsageError);
    expect(() => crashIn(path)).toThrow(`${path}: $.${role}: what amiga writes cannot be recorded`);
  },
);
