import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawProgram } from './draw-program.ts';
import { RACE_MODES } from './modes.ts';
import { ProgramBench } from './program-bench.ts';
import { RACE_FORMAT, RACE_VERSION, readRaceCase, trimmed, writeRaceCase } from './race-case.ts';
import type { RaceProgram } from './program.ts';
import type { Chooser } from './schedule.ts';
import { fixedChoices } from './schedule.ts';
import { priorities, randomWalk, schedules } from './strategies.ts';

/** Everything that a run showed: who went on, what was answered, and each byte of the disk. */
async function storyOf(program: RaceProgram, choose: Chooser): Promise<{ choices: number[]; story: string }> {
  const bench = await ProgramBench.make(program);
  const hash = createHash('sha1');
  const { pilot, run, failure } = bench.try(choose, (task, previous) =>
    hash.update(`${task.name} ${task.waitingOn?.reason ?? ''} ${previous?.name ?? ''}\n`),
  );
  for (const { task, index, invoked, returned, outcome } of run.events) {
    hash.update(JSON.stringify([task, index, invoked, returned]));
    if (outcome.ok && outcome.value.kind === 'data') hash.update(outcome.value.bytes);
    else hash.update(JSON.stringify(outcome));
  }
  for (const { offset, pages } of run.image?.extents() ?? []) {
    hash.update(`${offset}`);
    for (const page of pages) hash.update(page);
  }
  expect(failure).toBeNull();
  return { choices: trimmed(pilot.choices), story: hash.digest('hex') };
}

const programs = fc
  .tuple(fc.constantFrom(...RACE_MODES), fc.integer())
  .map(([mode, seed]) => drawProgram(mode, 1024, [], seed));

test('a schedule that is replayed gives the same run, bit by bit, wherever it came from', async () => {
  const choosers = fc.oneof(
    schedules().map((choices) => () => fixedChoices(choices)),
    fc.integer().map((seed) => () => priorities(seed, 60, 3)),
    fc.integer().map((seed) => () => randomWalk(seed, 0.5)),
  );
  await fc.assert(
    fc.asyncProperty(programs, choosers, async (program, choose) => {
      const first = await storyOf(program, choose());
      const saved = writeRaceCase({
        format: RACE_FORMAT,
        version: RACE_VERSION,
        ...program,
        choices: first.choices,
        failure: null,
      });
      const { choices, setup, target, faults, image, before, tasks } = readRaceCase(saved, 'case.json');
      const again = { setup, target, faults, image, before, tasks };
      expect(again).toEqual(program);
      expect((await storyOf(again, fixedChoices(choices))).story).toBe(first.story);
    }),
    { numRuns: 80, seed: 20261122 },
  );
});
