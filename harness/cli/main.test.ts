import { execa } from 'execa';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCase, writeCase, type Case } from '../case.ts';
import { packageVersion } from '../version.ts';

/** What users run is built; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');

const FAULT = ['--fault', 'truncate-leaks-reservation'];

let folder: string;

beforeEach(() => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  folder = mkdtempSync(join(tmpdir(), 'main-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Workspaces lie where the test looks, not in shared memory. */
const twinpath = (...words: string[]) =>
  execa('node', [MAIN, ...words], { cwd: folder, reject: false, env: { TMPDIR: folder } });

const workspaces = (): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('twinpath-') && name !== 'twinpath-results');

/** Waits until the first images lie in the workspace, which takes its time on a machine with much to do. */
const begun = (): Promise<void> =>
  expect
    .poll(() => workspaces().flatMap((name) => readdirSync(join(folder, name))), { timeout: 120_000 })
    .toContainEqual(expect.stringMatching(/^image-/));

/** The files of the only case of the only run. */
function caseFile(name: string): string {
  const results = join(folder, 'twinpath-results');
  const [run = ''] = readdirSync(results);
  const [id = ''] = readdirSync(join(results, run, 'cases'));
  return join(results, run, 'cases', id, name);
}

const caseIn = (name: string): Case => readCase(readFileSync(caseFile(name), 'utf8'), name);

describe('the command', () => {
  test('says its version', async () => {
    expect((await twinpath('--version')).stdout).toBe(packageVersion());
  });

  test('holds, tells about it as JSON, and leaves nothing but its results', async () => {
    const { exitCode, stdout, stderr } = await twinpath(
      'check',
      '--seed',
      '1',
      '--runs',
      '4',
      '--json',
      '--quiet',
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'held',
      seed: 1,
      sequences: 4,
      findings: [],
      unknown: {},
    });
    expect(workspaces()).toEqual([]);
  });

  test('runs the same sequences for the same seed', async () => {
    for (let time = 0; time < 2; time++) await twinpath('check', '--seed', '5', '--runs', '2');
    const results = join(folder, 'twinpath-results');
    const [one, two] = readdirSync(results).map((run) =>
      readFileSync(join(results, run, 'history.jsonl'), 'utf8'),
    );
    expect(one).toBe(two);
  });

  test('says that nothing was checked by e2fsck when it was not', async () => {
    const { stdout } = await twinpath('check', '--runs', '1', '--no-e2fsck');
    expect(stdout).toContain('NOT checked by e2fsck');
  });

  test('finds a planted bug, makes it small, and runs it again', async () => {
    const { exitCode, stdout } = await twinpath('check', '--seed', '11', ...FAULT);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('FOUND');
    const small = caseIn('case.json');
    expect(small.operations.length).toBeLessThanOrEqual(5);
    expect(caseIn('original.json').operations.length).toBeGreaterThan(small.operations.length);
    expect(readFileSync(caseFile('failure.txt'), 'utf8')).toMatch(/delayed blocks(, | have )/);
    expect(existsSync(caseFile('image'))).toBe(true);
    const again = await twinpath('replay', caseFile('case.json'));
    expect([again.exitCode, again.stdout.split('\n', 1)[0]]).toEqual([
      1,
      expect.stringContaining('SAME FAILURE'),
    ]);
    const original = await twinpath('shrink', caseFile('original.json'), '--seconds', '60', '--json');
    expect(original.exitCode).toBe(1);
    const smaller = caseIn('original.small.json');
    expect(smaller.operations.length).toBeLessThanOrEqual(5);
    expect(JSON.parse(original.stdout)).toMatchObject({
      answer: 'smaller',
      case: caseFile('original.small.json'),
      failure: smaller.failure,
      from: caseIn('original.json').operations.length,
      operations: smaller.operations.length,
    });
  });

  test('says that a failure is gone', async () => {
    await twinpath('check', '--seed', '11', '--no-shrink', ...FAULT);
    const healthy = { ...caseIn('original.json'), faults: [] };
    const path = join(folder, 'healthy.json');
    writeFileSync(path, writeCase(healthy));
    const { exitCode, stdout } = await twinpath('replay', path);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('GONE')]);
  });

  test('is quiet: not a word when all held, and all of it when something was found', async () => {
    const held = await twinpath('check', '--seed', '1', '--runs', '1', '--quiet');
    expect([held.exitCode, held.stdout, held.stderr]).toEqual([0, '', '']);
    const found = await twinpath('check', '--seed', '11', '--no-shrink', '--quiet', ...FAULT);
    expect([found.exitCode, found.stdout]).toEqual([1, expect.stringContaining('FOUND')]);
    const asData = await twinpath('corrupt', '--images', '1', '--seed', '1', '--quiet', '--json');
    expect([asData.exitCode, JSON.parse(asData.stdout)]).toEqual([0, expect.objectContaining({ images: 1 })]);
  });

  test('what a killed run leaves, the next one removes', async () => {
    const running = twinpath('check', '--seconds', '50');
    await begun();
    running.kill('SIGKILL');
    await running;
    expect(workspaces()).toHaveLength(1);
    await twinpath('check', '--runs', '1');
    expect(workspaces()).toEqual([]);
  });
});

test('a kernel that this machine cannot run is no mistake of ours', async () => {
  const kernel = join(folder, 'kernel');
  writeFileSync(kernel, '#!/bin/sh\necho "ptrace set fp regs failed" >&2\nkill -ABRT $$\n');
  chmodSync(kernel, 0o755);
  const { exitCode, stderr } = await twinpath('crash', '--target', `uml,kernel=${kernel}`, '--programs', '1');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('does not run on this processor');
  expect(stderr).not.toContain('mistake');
  expect(workspaces()).toEqual([]);
});
