import { execa } from 'execa';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRun, type RunRecord } from '../run-record.ts';

/** What users run is built; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');
const FILES = 3000;

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  folder = mkdtempSync(join(tmpdir(), 'interrupt-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Workspaces lie where the test looks, not in shared memory. */
const twinpath = (...words: string[]) =>
  execa('node', [MAIN, ...words], { cwd: folder, reject: false, env: { TMPDIR: folder } });

/** Sends what a Ctrl-C sends as soon as the work has begun, which takes its time on a machine with much to do. */
async function interrupt(running: ReturnType<typeof twinpath>, begun: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000 && !begun() && running.exitCode === null; turn++) await sleep(10);
  running.kill('SIGINT');
}

const childrenOf = (pid = 0): string => {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

const below = (name: string): string[] => (existsSync(at(name)) ? readdirSync(at(name)) : []);
const workspaces = (): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('twinpath-') && name !== 'twinpath-results');

test('a signal that arrives just before the work begins asks it to end', async () => {
  const made = await rolldown({ input: resolve(import.meta.dirname, 'interrupt.ts'), platform: 'node' });
  await made.write({ file: at('interrupt.mjs') });
  const script = `
    import { endOnSignals, interruptible } from ${JSON.stringify(at('interrupt.mjs'))};
    endOnSignals();
    process.kill(process.pid, 'SIGINT');
    const work = (stop) => new Promise((resolve) => setTimeout(() => resolve(stop.aborted), 50));
    process.exitCode = (await interruptible(work, () => undefined)) ? 42 : 0;
  `;
  const { exitCode } = await execa('node', ['--input-type=module', '--eval', script], { reject: false });
  expect(exitCode).toBe(42);
});

test('damaging images ends cleanly: what was done is told and kept, and no workspace stays', async () => {
  const running = twinpath('corrupt', '--seconds', '250', '--json');
  const begun = (): boolean => below('twinpath-results').length > 0;
  await interrupt(
    running,
    () => begun() && below(`twinpath-results/${below('twinpath-results')[0]}`).length > 0,
  );
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ stopped: true, faults: [], exitCode: 130 });
  expect(workspaces()).toEqual([]);
});

test('a copy into an image ends cleanly: the image is sound and has what was copied', async () => {
  mkdirSync(at('source'));
  for (let index = 0; index < FILES; index++) writeFileSync(at(`source/${index}`), `${index}`.repeat(2000));
  await twinpath('image', 'mkfs', 'disk', '--size', '256M');
  const running = twinpath('image', 'put', 'disk', 'source', '/');
  // The python3 that makes calls for it is there when the copy begins.
  await interrupt(running, () => childrenOf(running.pid) !== '');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/^\d[\d,]* names, .* MiB, .*, stopped$/m);
  const checked = await execa('e2fsck', ['-fn', at('disk')], { reject: false });
  expect(checked.exitCode, checked.stdout).toBe(0);
  const listed = await twinpath('image', 'ls', 'disk');
  const copied = listed.stdout.split('\n').length;
  expect(copied).toBeLessThan(FILES);
  expect(readdirSync(folder).sort()).toEqual(['disk', 'source']);
});

/** Whether the only run has begun its first sequence. */
function hasHistory(): boolean {
  const [name = ''] = below('twinpath-results');
  const path = at(`twinpath-results/${name}/history.jsonl`);
  return existsSync(path) && statSync(path).size > 0;
}

/** The only run that there is: what it wrote down of itself, and its report. */
function onlyRun(): { run: RunRecord; report: string } {
  const [name = ''] = below('twinpath-results');
  const path = at(`twinpath-results/${name}`);
  const run = readRun(readFileSync(join(path, 'run.json'), 'utf8'), path);
  return { run, report: readFileSync(join(path, 'report.html'), 'utf8') };
}

test('the first Ctrl-C finishes a run: its report is there', async () => {
  const running = twinpath('check', '--seconds', '50');
  await interrupt(running, hasHistory);
  const { exitCode, stdout, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stdout).toContain('stopped before its end');
  expect(stderr).toContain('Ctrl-C again to stop at once');
  const { run, report } = onlyRun();
  expect(run).toMatchObject({ outcome: 'interrupted', exitCode: 130 });
  expect(run.counts['sequences']).toBeGreaterThan(0);
  expect(report).toContain('<!doctype html>');
  expect(workspaces()).toEqual([]);
});

// The read that is planted never sleeps: nothing can finish, and only the second Ctrl-C ends it.
test('the second Ctrl-C stops at once, and no workspace stays', async () => {
  const running = twinpath(
    ...['race', '--fault', 'read-spins-on-locked-folio', '--races', 'write-read', '--modes', 'iomap'],
    ...['--hang-seconds', '5', '--shrink-seconds', '500'],
  );
  let said = '';
  running.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  // It makes the finding smaller now, by candidates that hang as well.
  await interrupt(running, () => said.includes('found 01-hang'));
  await interrupt(running, () => said.includes('Ctrl-C again'));
  // Whoever finishes tells of what was found, with exit code 1.
  expect((await running).exitCode).toBe(130);
  expect(workspaces()).toEqual([]);
});
