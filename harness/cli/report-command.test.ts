import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BenchFile } from '../bench-record.ts';
import { CASE_FORMAT, CASE_VERSION, type Case } from '../case.ts';
import { RunFolder } from '../run-folder.ts';
import { begunRun, endedRun, type FindingRecord } from '../run-record.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import { readStoredRun } from '../stored-run.ts';
import { storyOf } from '../story.ts';
import { serveReports } from './report-server.ts';
import { twinpath } from './said.fixture.ts';
import { tellGithub } from './write-report.ts';

let results: string;

beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'report-test-'));
});

afterEach(() => rmSync(results, { recursive: true }));

const HEAD = {
  verb: 'check',
  seed: 7,
  targets: ['impl:iomap'],
  faults: [],
  again: 'twinpath check --seed 7',
  options: {},
  twinpath: '0.0.0',
  e2fsck: '1.47.0',
};

const CASE: Case = {
  format: CASE_FORMAT,
  version: CASE_VERSION,
  setup: DEFAULT_SETUP,
  targets: ['impl:iomap'],
  faults: [],
  origin: { seed: 7, run: 0 },
  failure: { kind: 'result', target: 'impl:iomap', step: 0, operation: 'sync', detail: 'sync errno ok/EIO' },
  operations: [{ op: 'sync' }],
};

const finding = (id: string): FindingRecord => ({
  id,
  kind: 'result',
  target: 'impl:iomap',
  operation: 'sync',
  detail: 'sync errno ok/EIO',
  summary: 'impl:iomap answers sync differently from the model: errno ok/EIO',
  foundWith: 60,
  operations: 1,
  shrinkRuns: 3,
  times: 1,
  note: null,
});

/** A run of a second with these findings, which began so many minutes after midnight. */
function storedRun(minutes: number, ids: readonly string[] = []): string {
  const started = new Date(minutes * 60_000);
  const folder = RunFolder.create(results, 'check', started);
  for (const id of ids) {
    const evidence = { summary: finding(id).summary, expected: 'ok', observed: 'EIO' };
    const place = folder.caseFolder(id);
    place.saveOriginal(CASE, evidence, `${evidence.summary}\n`);
    place.saveStory(storyOf(CASE, evidence, { recorded: 'none', steps: [] }));
  }
  const end = {
    outcome: ids.length > 0 ? ('found' as const) : ('held' as const),
    exitCode: ids.length > 0 ? 1 : 0,
    elapsedMs: 1000,
    counts: { sequences: 1, operations: 60 },
    findings: ids.map(finding),
  };
  folder.writeRun(endedRun(begunRun(HEAD, started), end, new Date(started.getTime() + 1000)));
  return folder.path;
}

describe('a stored run', () => {
  test('is read with its findings, its texts and the runs beside it', () => {
    storedRun(1);
    const path = storedRun(2, ['01-result']);
    new BenchFile(path).append({
      suite: 'harness',
      workload: 'w',
      subject: 's',
      sizeBytes: null,
      unit: 'ms',
      better: 'less',
      samples: [1],
      series: null,
    });
    const { findings, trend, measurements, run } = readStoredRun(path);
    expect(run.outcome).toBe('found');
    expect(findings).toMatchObject([
      {
        hasCase: true,
        story: { programs: [{ lines: ['sync()'], failed: 0 }] },
        texts: [{ name: 'failure.txt' }],
      },
    ]);
    expect(trend.map(({ outcome }) => outcome)).toEqual(['held', 'found']);
    expect(measurements).toHaveLength(1);
  });

  test('is read, too, where its story is half written and its bench ends in half a line', () => {
    const path = storedRun(1, ['01-result']);
    writeFileSync(join(path, 'cases/01-result/story.json'), '{"format":"twinpath-st');
    writeFileSync(join(path, 'bench.jsonl'), '{"format":');
    expect(readStoredRun(path)).toMatchObject({ findings: [{ story: null }], measurements: [] });
  });

  test('whose finding is named like a way out of the folder stays in it', () => {
    const path = storedRun(1, ['01-result']);
    const file = join(path, 'run.json');
    mkdirSync(join(results, 'outside'));
    writeFileSync(join(results, 'outside/case.json'), 'secret');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('01-result', '../../outside'));
    expect(readStoredRun(path)).toMatchObject({ findings: [{ hasCase: false, caseText: null }] });
  });
});

describe('twinpath report', () => {
  test('writes the page of the newest run', async () => {
    storedRun(1);
    const newest = storedRun(2, ['01-result']);
    const { code, out } = await twinpath('report', '--results', results);
    expect({ code, out }).toEqual({ code: 0, out: `${join(newest, 'report.html')}\n` });
    const page = readFileSync(join(newest, 'report.html'), 'utf8');
    expect(page).toContain('<title>FOUND · twinpath check');
    expect(page).toContain('twinpath replay ');
  });

  test('takes no part of the history, however long it is', async () => {
    const path = storedRun(1);
    writeFileSync(join(path, 'history.jsonl'), `${'x'.repeat(1 << 22)}\n`);
    await twinpath('report', path);
    expect(statSync(join(path, 'report.html')).size).toBeLessThan(1 << 20);
  });

  test.each([
    [['report', '/nonexistent'], 'there is no run here'],
    [['report', '--results', '/nonexistent'], 'there is no run here'],
    [['report', '--port', '-1'], '65535'],
  ])('%j is a mistake of the user', async (words, hint) => {
    const { code, err } = await twinpath(...words);
    expect(code).toBe(2);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test.each([
    ['json', /^\{[^]*"format": "twinpath-run"/],
    ['junit', /^<\?xml[^]*<failure /],
    ['tap', /^TAP version 14\n1\.\.1\nnot ok 1 /],
    ['github', /^::error title=/],
  ])('prints a run as %s, or writes it to a file', async (format, expected) => {
    const path = storedRun(1, ['01-result']);
    const { code, out } = await twinpath('report', path, '--format', format);
    expect(code).toBe(0);
    expect(out).toMatch(expected);
    const file = join(results, 'written');
    await twinpath('report', path, '--format', format, '--output', file);
    expect(readFileSync(file, 'utf8')).toBe(out);
  });

  test('prints the schema that its own runs keep to', async () => {
    const { out } = await twinpath('report', '--schema');
    const { properties } = JSON.parse(out) as { properties: object };
    const { run } = readStoredRun(storedRun(1));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(run)));
  });
});

test('in a job of GitHub, the summary gets the run, and the log its annotations', () => {
  const summary = join(results, 'summary.md');
  const annotations = tellGithub(storedRun(1, ['01-result']), summary);
  expect(annotations).toMatch(/^::error title=twinpath check%3A 01-result/);
  expect(readFileSync(summary, 'utf8')).toContain('FOUND');
});

describe('the server', () => {
  const asked = async (
    path: string,
    init: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; text: string }> => {
    const { url, server } = await serveReports(results, 0);
    try {
      const response = await fetch(new URL(path, url), init);
      return { status: response.status, text: await response.text() };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  test('lists the runs, and shows each', async () => {
    const path = storedRun(1, ['01-result']);
    const name = path.slice(results.length + 1);
    expect((await asked('/')).text).toContain(`href="/${name}"`);
    expect(await asked(`/${name}`)).toMatchObject({
      status: 200,
      text: expect.stringContaining('FOUND') as string,
    });
  });

  test('binds to loopback', async () => {
    const { server } = await serveReports(results, 0);
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    server.close();
  });

  test.each([
    '/..%2f..%2fetc',
    '/..%2f',
    '/run.json',
    '/x/../../etc/passwd',
    '/%zz',
    '/1970-01-01T00-01-00-check/run.json',
  ])('has nothing at %s', async (path) => {
    storedRun(1);
    expect((await asked(path)).status).toBe(404);
  });

  test('changes nothing, and answers to no other name', async () => {
    expect((await asked('/', { method: 'POST' })).status).toBe(405);
    const { url, server } = await serveReports(results, 0);
    const { get } = await import('node:http');
    const status = await new Promise((resolve) => {
      get(url, { headers: { host: 'evil.example' } }, (response) => {
        resolve(response.statusCode);
        response.resume();
      });
    });
    server.close();
    expect(status).toBe(403);
  });
});
