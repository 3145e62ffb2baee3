import { expect, test } from 'vitest';
import { RACE_MODES } from '../modes.ts';
import { raceItems, type RacePlan } from '../race-plan.ts';
import { searchSchedules } from '../race-search.ts';
import { FOR_EVER, PLAN, withJudges } from '../racing.fixture.ts';
import { CATALOGUE } from './catalogue.ts';

/** Only computing, on machines that may have much else to do. */
const TIMEOUT_MS = 240_000;

const EVERY_RACE = CATALOGUE.map(({ name }) => name);

/** What was found, and how many schedules there were. */
async function searched(
  plan: RacePlan,
): Promise<{ schedules: number; incomplete: string[]; found: string[] }> {
  const sum = { schedules: 0, incomplete: [] as string[], found: [] as string[] };
  await withJudges(async (context) => {
    for (const { name, program, source, schedules } of raceItems(plan)) {
      const limits = { ...FOR_EVER, schedules };
      const result = await searchSchedules(program, source, context, limits, () => undefined);
      sum.schedules += result.schedules;
      if (!source.isExhausted || result.undecided > 0) sum.incomplete.push(name);
      sum.found.push(...result.found.map(({ failure }) => `${name}: ${failure.words}`));
    }
  });
  return sum;
}

// Which of the tasks goes on where one waits or is over: every order. More takes minutes: `twinpath race`.
test.each(['delalloc', 'iomap'])(
  'every race of the catalogue holds without preemption: %s',
  { timeout: TIMEOUT_MS },
  async (mode) => {
    const { schedules, ...rest } = await searched({ ...PLAN, races: EVERY_RACE, modes: [mode], bound: 0 });
    expect(rest).toEqual({ incomplete: [], found: [] });
    expect(schedules).toBeGreaterThan(1000);
  },
);

test(
  'every race and drawn programs hold in every mode: the first schedules',
  { timeout: TIMEOUT_MS },
  async () => {
    const modes = RACE_MODES.map(({ name }) => name);
    const plan: RacePlan = { ...PLAN, races: EVERY_RACE, modes, strategy: null, schedules: 1, drawn: 12 };
    const { schedules, found } = await searched(plan);
    expect(found).toEqual([]);
    expect(schedules).toBeGreaterThan(1000);
  },
);

// Found like this: a folio unlocked that somebody else had locked meanwhile.
test(
  'with one preemption a write, its writeback and a truncation hold on the buffer_head path',
  { timeout: TIMEOUT_MS },
  async () => {
    const plan = { ...PLAN, races: ['write-writeback-truncate'], modes: ['delalloc'] };
    expect(await searched(plan)).toMatchObject({ incomplete: [], found: [] });
  },
);
