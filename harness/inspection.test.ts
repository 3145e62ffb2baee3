import { expect, test } from 'vitest';
import { Model, type Operation } from '../model/index.ts';
import { runCase } from './drive.ts';
import { optionsFor } from './drive-options.fixture.ts';
import { inspectionOf } from './inspection.ts';
import { ModelTarget } from './model-target.fixture.ts';
import { DEFAULT_SETUP, modelOptions, timeOfStep } from './setup.ts';
import type { Verdict } from './verdict.ts';

const made = (path: string): Operation[] => [
  { op: 'open', as: 'fd0', path, access: 'read-write', flags: { create: true }, mode: 0o644 },
  { op: 'write', handle: 'fd0', content: { seed: 1, length: 100 } },
  { op: 'close', handle: 'fd0' },
];

/** Two files that differ in nothing, of two names each. */
const TWO_FILES: readonly Operation[] = [
  ...made('a1'),
  ...made('b1'),
  { op: 'link', from: 'a1', to: 'a2' },
  { op: 'link', from: 'b1', to: 'b2' },
];

/** What comes of a target that gives names to inodes like this; with null, like the model. */
async function verdictOf(identity: (path: string) => number | null): Promise<Verdict> {
  const target = new ModelTarget('t', { identity });
  return (await runCase(DEFAULT_SETUP, TWO_FILES, optionsFor([target]))).verdict;
}

test('names that lead where they should hold', async () => {
  expect(await verdictOf(() => null)).toEqual({ kind: 'holds' });
});

test.each([
  ['a2 is an inode of its own', { a1: 1, a2: 2, b1: 3, b2: 3 }],
  ['b1 is the same inode as a1', { a1: 1, a2: 1, b1: 1, b2: 1 }],
  // As many names as there are links, each time.
  ['a2 is an inode of its own', { a1: 1, a2: 2, b1: 2, b2: 1 }],
  ['b2 is the same inode as a1', { a1: 1, a2: 1, b1: 2, b2: 1 }],
])('%s: found in %j', async (observed, numbers: Record<string, number>) => {
  const verdict = await verdictOf((path) => numbers[path] ?? null);
  expect(verdict).toMatchObject({
    kind: 'fails',
    failure: { target: 't', detail: 'names of one inode' },
    evidence: { observed },
  });
});

test('who cannot ask for inodes reads the contents of each name', () => {
  const model = new Model(modelOptions(DEFAULT_SETUP));
  for (const [step, operation] of TWO_FILES.entries()) model.step(operation, timeOfStep(step));
  const opened = inspectionOf(model.tree(), model.used).flatMap((look) =>
    look.op === 'open' ? [look.path] : [],
  );
  expect(opened).toEqual(['a1', 'a2', 'b1', 'b2']);
});
