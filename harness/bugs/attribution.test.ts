import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { writeCase } from '../case.ts';
import { caseOf } from '../export/case.fixture.ts';
import { performHere } from '../perform-job.ts';
import type { Ending, JobRequest } from '../supervise.ts';
import { failsUnplanted } from './attribution.ts';

const OPERATIONS: readonly Operation[] = [
  { op: 'mkdir', path: 'a', mode: 0o755 },
  { op: 'rename', from: 'a', to: 'b' },
  { op: 'stat', path: 'b' },
];

const SAVED = { ...caseOf(OPERATIONS), faults: ['rename-forgets-ctime'] };

let folder = '';
let file = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'attribution-'));
  file = join(folder, 'case.json');
  writeFileSync(file, writeCase(SAVED));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const here = (): { readonly e2fsck: boolean; readonly workspace: string } => ({
  e2fsck: false,
  workspace: folder,
});

test('what a planted bug does is gone without it', async () => {
  const jobs: JobRequest[] = [];
  const perform = (job: JobRequest): Promise<Ending> => {
    jobs.push(job);
    return performHere(job, { stop: new AbortController().signal, onMessage: () => undefined });
  };
  expect(await failsUnplanted(file, here(), perform)).toBe(false);
  expect(jobs).toMatchObject([
    { verb: 'replay', targets: ['impl:iomap'], case: { faults: [], operations: OPERATIONS } },
  ]);
  const planted = await perform({ ...here(), verb: 'replay', case: SAVED, targets: SAVED.targets });
  expect(planted).toMatchObject({ last: { type: 'replayed', result: { verdict: 'fails' } } });
});

test('what fails with nothing planted, or then hangs, shows no planted bug', async () => {
  const failing: Ending = {
    kind: 'finished',
    last: { type: 'replayed', result: { verdict: 'fails', failure: null, report: '' } },
  };
  expect(await failsUnplanted(file, here(), () => Promise.resolve(failing))).toBe(true);
  const hanging = { kind: 'hang' } as Ending;
  expect(await failsUnplanted(file, here(), () => Promise.resolve(hanging))).toBe(true);
});
