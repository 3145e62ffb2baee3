import { execa } from 'execa';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TestCase, TestModule } from 'vitest/node';
import { readStoredRun } from './stored-run.ts';
import TwinpathReporter from './vitest-reporter.ts';

let results: string;

beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'reporter-test-'));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(results, { recursive: true });
});

/** As vitest hands them over, as far as a reporter looks. */
function moduleOf(...outcomes: readonly ReturnType<TestCase['result']>[]): TestModule {
  const module = { moduleId: join(process.cwd(), 'properties/x.property.ts'), errors: () => [] };
  const tests = outcomes.map((result, index) => ({
    name: `holds <${index}>`,
    fullName: `x > holds <${index}>`,
    module,
    result: () => result,
  }));
  return { ...module, children: { allTests: () => tests } } as unknown as TestModule;
}

async function runOf(modules: readonly TestModule[]): Promise<ReturnType<typeof readStoredRun>> {
  const reporter = new TwinpathReporter({ results });
  reporter.onTestRunStart();
  await reporter.onTestRunEnd(modules, [], 'passed');
  const [name = ''] = readdirSync(results);
  return readStoredRun(join(results, name));
}

const PASSED = { state: 'passed', errors: undefined } as const;

test('a test that failed is a finding with both sides of what it compared', async () => {
  const error = {
    name: 'AssertionError',
    message: 'expected 1 to be 2\nmore',
    expected: '2',
    actual: '1',
    stacks: [],
  };
  const { run, findings, path } = await runOf([moduleOf(PASSED, { state: 'failed', errors: [error] })]);
  expect(run).toMatchObject({ verb: 'properties', outcome: 'found', counts: { tests: 2, passed: 1 } });
  expect(run.findings).toMatchObject([
    { id: '01-holds-1', target: 'properties/x.property.ts', summary: 'x > holds <1>: expected 1 to be 2' },
  ]);
  expect(findings).toMatchObject([{ story: { expected: '2', observed: '1' }, hasCase: false }]);
  expect(readFileSync(join(path, 'report.html'), 'utf8')).toContain('<title>FOUND · twinpath properties');
});

test('what could not be judged is no success', async () => {
  const skipped = { state: 'skipped', note: 'unknown: no root', errors: undefined } as const;
  const { run } = await runOf([moduleOf(PASSED, skipped)]);
  expect(run).toMatchObject({ outcome: 'unknown', unknown: { 'unknown: no root': 1 } });
});

test('tests that all passed held, and none at all is nothing', async () => {
  const stored = await runOf([moduleOf(PASSED)]);
  expect(stored.run.outcome).toBe('held');
  expect(stored.run.targets).toEqual(['properties/x.property.ts']);
  rmSync(results, { recursive: true });
  expect((await runOf([])).run.outcome).toBe('nothing');
});

test('vitest itself hands its tests over', async () => {
  const root = resolve(import.meta.dirname, '..');
  const reporter = join(root, 'dist/bundle/vitest-reporter.js');
  if (!existsSync(reporter)) throw new Error(`${reporter} is not there: npm run build`);
  symlinkSync(join(root, 'node_modules'), join(results, 'node_modules'));
  writeFileSync(join(results, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(results, 'two.test.js'),
    `import { expect, test } from 'vitest';
    test('is right', () => expect(1).toBe(1));
    test('is wrong', () => expect('here').toBe('there'));`,
  );
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { exitCode } = await execa('node', [vitest, 'run', '--reporter', reporter], {
    cwd: results,
    reject: false,
    env: { VITEST: '', GITHUB_ACTIONS: '' },
  });
  expect(exitCode).toBe(1);
  const [name = ''] = readdirSync(join(results, 'twinpath-results'));
  const { run, findings } = readStoredRun(join(results, 'twinpath-results', name));
  expect(run).toMatchObject({ verb: 'properties', outcome: 'found', counts: { tests: 2, passed: 1 } });
  expect(findings).toMatchObject([
    { record: { id: '01-is-wrong' }, story: { expected: 'there', observed: 'here' } },
  ]);
});
