import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programIn, readCrashCase } from '../harness/crash/crash-case.ts';
import { crashReport } from '../harness/crash/crash-report.ts';
import { recorded, targetOf } from '../harness/crash/crash-search.ts';
import { CrashExamination } from '../harness/crash/examination.ts';
import { simpleCuts } from '../harness/crash/simple-states.ts';
import { withCrashJudges } from './crashing.fixture.ts';

const FOLDER = join(import.meta.dirname, 'regressions/power-cuts');
const NAMES = readdirSync(FOLDER);

/** Not only the state that once failed: what is written may have other numbers by now. */
test.each(NAMES)('after every simple power cut of %s, what was promised is there', async (name) => {
  const program = programIn(readCrashCase(readFileSync(join(FOLDER, name), 'utf8'), name));
  await withCrashJudges(async (context) => {
    const run = await recorded(program, context);
    expect(run.failure).toBeNull();
    const examination = new CrashExamination(run, targetOf(program, context), context.judges);
    let states = 0;
    for (const { cut } of simpleCuts(run)) {
      states++;
      const failure = examination.judge({ cut });
      const words = failure && (await crashReport({ program, state: { cut }, failure }, context));
      expect(words ?? '').toBe('');
    }
    expect(states).toBeGreaterThan(1);
  });
});

test('what e2fsck makes of an orphan with bigalloc proves nothing', async () => {
  const name = 'e2fsck-makes-an-orphan-longer-with-bigalloc.json';
  const program = programIn(readCrashCase(readFileSync(join(FOLDER, name), 'utf8'), name));
  await withCrashJudges(async (context) => {
    const run = await recorded(program, context);
    const examination = new CrashExamination(run, targetOf(program, context), context.judges);
    for (const { cut } of simpleCuts(run)) expect(await examination.judgeFully({ cut })).toBeNull();
  });
});
