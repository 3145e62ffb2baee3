import { expect, test } from 'vitest';
import { raceItems, type RacePlan } from './race-plan.ts';
import { raceReport } from './race-report.ts';
import { searchSchedules } from './race-search.ts';
import { FOR_EVER, PLAN, withJudges } from './racing.fixture.ts';
import { operationsOf, shrinkRace } from './shrink-race.ts';

/** What finds each, the most schedules that takes, the most operations that are left, and what the report must tell. */
const PLANTED = [
  {
    // A mapping that has become stale is harmless while the folio is in memory: it says only from where to fill what is not. So writeback
    // has to finish and the folio to go meanwhile, as in commit d7b64041164c of Linux; beside a truncation, which i_rwsem keeps apart
    // from the write, nothing shows it (write-writeback-truncate on iomap: 3,228 schedules with up to one preemption).
    fault: 'iomap-trusts-stale-mapping',
    race: 'write-writeback-reclaim',
    mode: 'iomap',
    schedules: 100,
    most: 9,
    tells: [/no order of the operations explains/, /drop-caches/],
  },
  {
    fault: 'truncate-skips-writeback-drain',
    race: 'write-writeback-truncate',
    mode: 'iomap',
    schedules: 3000,
    most: 9,
    tells: [/leaves the cache dirty or under writeback/, /ftruncate/, />>> is preempted before/],
  },
  {
    fault: 'dio-moves-size-early',
    race: 'dio-append-read',
    mode: 'iomap',
    schedules: 500,
    most: 9,
    tells: [/no order of the operations explains pread/, /waits for direct I\/O/],
  },
  {
    fault: 'write-skips-inode-lock',
    race: 'append-append',
    mode: 'delalloc',
    schedules: 100,
    most: 8,
    tells: [/no order of the operations explains/, /waits for lock of folio 0 \(held by first\)/],
  },
] as const;

/** Only computing, on machines that may have much else to do. */
const TIMEOUT_MS = 240_000;

test.each(PLANTED)(
  '$fault is found, and shrunk to the point',
  { timeout: TIMEOUT_MS },
  async ({ fault, race, mode, schedules, most, tells }) => {
    const plan: RacePlan = { ...PLAN, races: [race], modes: [mode], faults: [fault] };
    const [item] = raceItems(plan);
    if (item === undefined) throw new Error('the plan is empty');
    await withJudges(async (context) => {
      const limits = { ...FOR_EVER, schedules };
      const { found } = await searchSchedules(item.program, item.source, context, limits, () => undefined);
      const [first] = found;
      if (first === undefined) throw new Error(`nothing was found in ${schedules} schedules`);
      const budget = { ms: TIMEOUT_MS / 2, schedules: 400 };
      const small = await shrinkRace(first, context, budget, () => undefined);
      expect(small.program.tasks).toHaveLength(2);
      expect(operationsOf(small.program)).toBeLessThanOrEqual(most);
      expect(small.choices.filter((choice) => choice !== 0).length).toBeLessThanOrEqual(3);
      const report = await raceReport(small, context.watch);
      for (const pattern of tells) expect(report).toMatch(pattern);
    });
  },
);
