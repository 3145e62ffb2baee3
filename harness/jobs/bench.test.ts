import { expect, test } from 'vitest';
import { readCase, writeCase } from '../case.ts';
import { optionsFor } from '../drive-options.fixture.ts';
import type { Message } from '../job.ts';
import { ModelTarget } from '../model-target.fixture.ts';
import { runBench } from './bench.ts';

const PLAN = { mix: 'campaign', seed: 1, maxOperations: 60, windows: 2, windowMs: 50 } as const;

/** The last word of a benchmark with this target. */
async function stopOf(target: ModelTarget) {
  const said: Message[] = [];
  await runBench(
    { plan: PLAN, targets: [target.name] },
    { driveOptions: () => optionsFor([target]) },
    (message) => said.push(message),
    new AbortController().signal,
  );
  const last = said.at(-1);
  expect(last?.type).toBe('benched');
  return last?.type === 'benched' ? last.stopped : null;
}

test('a benchmark of what holds says nothing in the end', async () => {
  expect(await stopOf(new ModelTarget('right'))).toBeNull();
});

test('a sequence that fails ends the benchmark, and is a case', async () => {
  const wrong = new ModelTarget('wrong', {
    twist: (operation, answer) => (operation.op === 'sync' ? { ok: false, errno: 'EIO' } : answer),
  });
  const stop = await stopOf(wrong);
  expect(stop?.message).toMatch(/^sequence \d+ failed: wrong answers sync differently/);
  const found = stop?.case;
  if (!found) throw new Error('there is no case');
  expect(found).toMatchObject({ targets: ['wrong'], origin: { seed: 1 }, failure: { operation: 'sync' } });
  expect(readCase(writeCase(found), 'case.json')).toEqual(found);
});
