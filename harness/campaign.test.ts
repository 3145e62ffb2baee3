import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outcome } from '../model/index.ts';
import { Campaign, type CampaignPlan, type CampaignResult, type Found } from './campaign.ts';
import { optionsFor } from './drive-options.fixture.ts';
import { generateSequence, sequenceSeed } from './generate-sequence.ts';
import { History, type HistoryEvent } from './history.ts';
import { ModelTarget } from './model-target.fixture.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campaign-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const PLAN: CampaignPlan = {
  seed: 42,
  sequencesMax: 6,
  durationMs: null,
  limits: { maxOperations: 20, blockSize: null },
  failuresMax: 1,
};

async function runCampaign(
  target: ModelTarget,
  plan = PLAN,
  stopAfter = Infinity,
): Promise<{ result: CampaignResult; found: Found[]; events: HistoryEvent[] }> {
  const history = new History(folder);
  const found: Found[] = [];
  let progress = 0;
  const campaign = new Campaign(plan, optionsFor([target]), history, {
    onProgress: () => progress++,
    onFound: (one) => found.push(one) > 0,
    onStep: () => undefined,
    stopped: () => progress >= stopAfter,
  });
  const result = await campaign.run();
  history.close();
  const lines = readFileSync(join(folder, 'history.jsonl'), 'utf8').trimEnd().split('\n');
  return { result, found, events: lines.map((line) => JSON.parse(line) as HistoryEvent) };
}

test('a seed always gives the same sequences', () => {
  const limits = { maxOperations: 30, blockSize: null };
  expect(generateSequence(sequenceSeed(1, 2), limits)).toEqual(generateSequence(sequenceSeed(1, 2), limits));
  expect(sequenceSeed(1, 2)).not.toBe(sequenceSeed(2, 1));
});

test('a limit on block sizes is kept', () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(generateSequence(seed, { maxOperations: 1, blockSize: 2048 }).setup.blockSize).toBe(2048);
  }
});

test('one sequence in forty has blocks larger than a page, where every target takes them and nobody chose', async () => {
  const sizesOf = async (largeBlocks: boolean, plan: CampaignPlan): Promise<(number | undefined)[]> => {
    const { events } = await runCampaign(new ModelTarget('a', { largeBlocks }), plan);
    // The folder has the history of those before, too.
    const sizes = events.flatMap((one) => (one.type === 'sequence' ? [one.setup.blockSize] : []));
    return sizes.slice(-SEQUENCES);
  };
  const SEQUENCES = 80;
  const limits = { maxOperations: 1, blockSize: null };
  const plan = { ...PLAN, sequencesMax: SEQUENCES, limits };
  const others = await sizesOf(false, plan);
  expect(others.every((size) => size !== undefined && size <= 4096)).toBe(true);
  expect(await sizesOf(true, plan)).toEqual(others.with(39, 8192).with(79, 16384));
  const chosen = await sizesOf(true, { ...plan, limits: { ...limits, blockSize: 1024 } });
  expect(new Set(chosen)).toEqual(new Set([1024]));
});

test('every sequence is written down before it is run, and judged in order', async () => {
  const { result, events } = await runCampaign(new ModelTarget('a'));
  expect(result).toMatchObject({ sequences: 6, ended: 'sequences', unknown: {} });
  const numbers = (type: string): number[] =>
    events.filter((one) => one.type === type).map((one) => one.sequence);
  const all = [0, 1, 2, 3, 4, 5];
  expect([numbers('sequence'), numbers('driven'), numbers('judged')]).toEqual([all, all, all]);
  expect(events[0]?.type).toBe('sequence');
});

test('a failure ends it, and its operations are those of the history', async () => {
  const twist = (_: unknown, answer: Outcome, count: number): Outcome =>
    count === 3 ? { ok: false, errno: 'EIO' } : answer;
  const { result, found, events } = await runCampaign(new ModelTarget('a', { twist }));
  expect(result.ended).toBe('failures');
  expect(found).toHaveLength(1);
  expect(found[0]?.operations).toEqual(events.find((one) => one.type === 'sequence')?.operations);
});

test('it ends when it is told to', async () => {
  const { result } = await runCampaign(new ModelTarget('a'), { ...PLAN, sequencesMax: null }, 2);
  expect(result).toMatchObject({ sequences: 2, ended: 'stopped' });
});

test('coverage names every operation', async () => {
  const { result } = await runCampaign(new ModelTarget('a'));
  expect(Object.keys(result.coverage)).toContain('drop-caches');
  const counts = Object.values(result.coverage).flatMap((answers) => Object.values(answers));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(result.operations);
});
