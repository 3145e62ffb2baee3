import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRaceCase, type RaceCase } from '../race/race-case.ts';
import { operationsOf } from '../race/shrink-race.ts';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

let results: string;

beforeAll(() => {
  results = mkdtempSync(join(tmpdir(), 'race-command-'));
});

afterAll(() => {
  rmSync(results, { recursive: true });
});

interface Summary {
  readonly schedules: number;
  readonly complete: number;
  readonly findings: readonly { readonly caseFile: string; readonly report: string }[];
}

async function race(...words: string[]): Promise<{ code: number; summary: Summary }> {
  const { code, out } = await twinpath('race', '--results', results, '--json', '--seed', '1', ...words);
  return { code, summary: JSON.parse(out) as Summary };
}

/** Making a case as small as it gets takes half a minute each: by default only the first steps are seen. */
const THOROUGH = process.env['TWINPATH_THOROUGH'] !== undefined;

/** What finds each, the most operations that are left of it, and what its report must tell. */
const PLANTED = [
  {
    fault: 'iomap-trusts-stale-mapping',
    words: ['--races', 'write-writeback-reclaim', '--modes', 'iomap'],
    most: 9,
    tells: [/no order of the operations explains/, /drop-caches/],
  },
  {
    fault: 'truncate-skips-writeback-drain',
    words: ['--races', 'write-writeback-truncate', '--modes', 'iomap'],
    most: 9,
    tells: [/leaves the cache dirty or under writeback/, /ftruncate/],
  },
  {
    fault: 'write-skips-inode-lock',
    words: ['--races', 'append-append', '--modes', 'delalloc'],
    most: 8,
    tells: [/no order of the operations explains/, /is preempted before|waits for/],
  },
] as const;

test.each(PLANTED)(
  '$fault is found, shrunk to the point, and replayed',
  async ({ fault, words, most, tells }) => {
    const { code, summary } = await race(
      '--fault',
      fault,
      ...words,
      '--programs',
      '0',
      '--shrink-seconds',
      THOROUGH ? '120' : '3',
    );
    expect(code).toBe(EXIT.found);
    const [found] = summary.findings;
    if (found === undefined) throw new Error('nothing was kept');
    for (const pattern of tells) expect(found.report).toMatch(pattern);
    const saved = readSaved(found.caseFile);
    expect(saved.choices.filter((choice) => choice !== 0).length).toBeLessThanOrEqual(3);
    if (THOROUGH) {
      expect(operationsOf(saved)).toBeLessThanOrEqual(most);
      expect(saved.tasks).toHaveLength(2);
    }
    const again = await twinpath('replay', found.caseFile);
    expect([again.code, again.out]).toEqual([EXIT.found, expect.stringContaining('SAME FAILURE')]);
  },
);

const readSaved = (path: string): RaceCase => readRaceCase(readFileSync(path, 'utf8'), path);

test('a saved race is shrunk by the command of its own', async () => {
  const words = ['--fault', 'write-skips-inode-lock', '--races', 'append-append', '--modes', 'iomap'];
  const { summary } = await race(...words, '--programs', '0', '--shrink-seconds', '0.001');
  const [found] = summary.findings;
  if (found === undefined) throw new Error('nothing was kept');
  const before = operationsOf(readSaved(found.caseFile));
  const output = join(results, 'small.json');
  const { code } = await twinpath('shrink', found.caseFile, '--seconds', '3', '--output', output);
  expect(code).toBe(EXIT.found);
  expect(operationsOf(readSaved(output))).toBeLessThan(before);
});

test('without a bug every mode holds: the whole catalogue without preemption, and drawn programs', async () => {
  const { code, summary } = await race('--preemptions', '0', '--programs', '6', '--schedules', '20');
  expect([code, summary.findings]).toEqual([EXIT.held, []]);
  expect(summary.schedules).toBeGreaterThan(500);
});

// Found like this: a folio unlocked that somebody else had locked meanwhile.
test('with one preemption a write, its writeback and a truncation hold on the buffer_head path', async () => {
  const words = ['--races', 'write-writeback-truncate', '--modes', 'delalloc', '--preemptions', '1'];
  const { code, summary } = await race(...words, '--programs', '0');
  expect([code, summary.findings, summary.complete]).toEqual([EXIT.held, [], 1]);
});
