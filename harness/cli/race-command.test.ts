import { execa } from 'execa';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readRaceCase, type RaceCase } from '../race/race-case.ts';
import { operationsOf } from '../race/shrink-race.ts';
import { EXIT } from './terminal.ts';

/** What users run is built; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');

let folder: string;

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  folder = mkdtempSync(join(tmpdir(), 'race-command-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Workspaces lie where the test looks, not in shared memory. */
const twinpath = (...words: string[]) =>
  execa('node', [MAIN, ...words], { cwd: folder, reject: false, env: { TMPDIR: folder } });

const results = (name: string): string => join(folder, name);

interface Summary {
  readonly schedules: number;
  readonly programs: number;
  readonly complete: number;
  readonly findings: readonly {
    readonly caseFile: string;
    readonly report: string;
    readonly after: number;
  }[];
}

/** One race of blocks of 1024 bytes, with results in a folder of its own. */
const racing = (name: string, ...words: string[]) =>
  twinpath('race', '--results', results(name), '--seed', '1', '--block-size', '1024', ...words);

async function race(name: string, ...words: string[]): Promise<{ code?: number; summary: Summary }> {
  const { exitCode, stdout } = await racing(name, '--json', '--seconds', '300', ...words);
  return { ...(exitCode !== undefined && { code: exitCode }), summary: JSON.parse(stdout) as Summary };
}

const readSaved = (path: string): RaceCase => readRaceCase(readFileSync(join(folder, path), 'utf8'), path);

/** The paths of saved cases. */
function casesOf(name: string): string[] {
  const [run = ''] = readdirSync(results(name));
  const cases = join(results(name), run, 'cases');
  return existsSync(cases) ? readdirSync(cases).map((id) => join(name, run, 'cases', id, 'case.json')) : [];
}

/** Whether a run has begun there. */
const hasBegun = (path: string): boolean =>
  existsSync(join(path, 'twinpath-results')) &&
  readdirSync(join(path, 'twinpath-results')).some((run) =>
    existsSync(join(path, 'twinpath-results', run, 'run.json')),
  );

/** Most of it is computing, on machines that may have much else to do. */
const TIMEOUT_MS = 240_000;

describe('the command', { timeout: TIMEOUT_MS }, () => {
  test('a planted bug is found, kept, replayed, and shrunk by the command of its own', async () => {
    const words = ['--fault', 'write-skips-inode-lock', '--races', 'append-append', '--modes', 'delalloc'];
    const { code, summary } = await race('found', ...words, '--programs', '0', '--shrink-seconds', '0.001');
    expect(code).toBe(EXIT.found);
    expect(summary.findings[0]?.report).toMatch(/no order of the operations explains/);
    const [path = ''] = casesOf('found');
    const again = await twinpath('replay', path);
    expect([again.exitCode, again.stdout]).toEqual([EXIT.found, expect.stringContaining('SAME FAILURE')]);
    const { exitCode } = await twinpath('shrink', path, '--seconds', '40', '--output', 'small.json');
    expect(exitCode).toBe(EXIT.found);
    expect(operationsOf(readSaved('small.json'))).toBeLessThan(operationsOf(readSaved(path)));
  });

  // The bug: a read that finds a folio locked never sleeps, so the thread that runs it never answers.
  test('a target that loops for ever is a finding, with its schedule, and the run goes on', async () => {
    const words = ['--fault', 'read-spins-on-locked-folio', '--races', 'write-read', '--modes', 'iomap'];
    const limits = [
      '--hang-seconds',
      '5',
      '--shrink-seconds',
      '0.001',
      '--programs',
      '1',
      '--schedules',
      '5',
    ];
    const { code, summary } = await race('hang', ...words, ...limits);
    expect([code, summary.programs]).toEqual([EXIT.found, 2]);
    const [found] = summary.findings;
    expect(found?.report).toMatch(/no answer for 5 s/);
    expect(found?.report).toMatch(/waits for .*holds i_rwsem of 12, lock of folio 0/);
    const [path = ''] = casesOf('hang');
    expect(readSaved(path).failure?.kind).toBe('hang');
    const again = await twinpath('replay', path, '--hang-seconds', '5');
    expect([again.exitCode, again.stdout]).toEqual([EXIT.found, expect.stringContaining('SAME FAILURE')]);
  });

  test('without a bug it holds', async () => {
    const words = ['--races', 'dio-append-read', '--modes', 'delalloc,iomap', '--preemptions', '0'];
    const { code, summary } = await race('held', ...words, '--programs', '2', '--schedules', '40');
    expect([code, summary.findings, summary.programs]).toEqual([EXIT.held, [], 4]);
  });

  test('Ctrl-C ends it soon, with a summary, and leaves nothing but its results', async () => {
    const own = mkdtempSync(join(tmpdir(), 'race-interrupt-'));
    try {
      const words = ['race', '--races', 'write-read', '--preemptions', '3', '--seconds', '300'];
      const child = execa('node', [MAIN, ...words], { cwd: own, reject: false, env: { TMPDIR: own } });
      await vi.waitFor(() => expect(hasBegun(own)).toBe(true), TIMEOUT_MS / 4);
      child.kill('SIGINT');
      const { exitCode, stdout } = await child;
      expect([exitCode, stdout]).toEqual([EXIT.interrupted, expect.stringContaining('schedules')]);
      expect(readdirSync(own)).toEqual(['twinpath-results']);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
