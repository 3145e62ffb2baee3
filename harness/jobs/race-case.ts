import { writeAtomically } from '../atomic-file.ts';
import { ImageFiles } from '../image-file.ts';
import type { Message, RaceCaseJob } from '../job.ts';
import { Interleaving } from '../race/interleaving.ts';
import { sameRaceFailure, type RaceFailure } from '../race/judge-run.ts';
import { ProgramBench } from '../race/program-bench.ts';
import { programIn, writeRaceCase } from '../race/race-case.ts';
import { SHRINK_SCHEDULES } from '../race/race-finding.ts';
import { raceReport } from '../race/race-report.ts';
import type { RaceContext } from '../race/race-watch.ts';
import { fixedChoices } from '../race/schedule.ts';
import { operationsOf, shrinkRace } from '../race/shrink-race.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import type { Workbench } from './workbench.ts';

type Say = (message: Message) => void;

/** The job of `twinpath replay` and `twinpath shrink` for a race. */
export async function runRaceCase(job: RaceCaseJob, bench: Workbench, say: Say): Promise<void> {
  const judges = { e2fsck: bench.e2fsck, files: new ImageFiles(job.workspace), targets: typescriptTargets() };
  const beat = (): void => bench.beat(0, 0);
  const watch = { begins: beat, tries: beat, chose: () => undefined, beats: beat };
  const context = { judges, watch };
  const failure = await failureOf(job, context, say);
  const known = job.case.failure;
  const { shrink } = job;
  if (failure === null || (shrink !== null && known !== null && !sameRaceFailure(failure, known))) {
    say({ type: 'race judged', race: null, report: '' });
    return;
  }
  let race = { program: programIn(job.case), choices: job.case.choices, failure };
  if (shrink !== null) {
    const limits = { ms: shrink.ms, schedules: SHRINK_SCHEDULES };
    const save = ({ program, choices, failure: seen }: typeof race): void =>
      writeAtomically(shrink.output, writeRaceCase({ ...job.case, ...program, choices, failure: seen }));
    race = await shrinkRace(race, context, limits, (better) => {
      save(better);
      say({ type: 'race shrinking', operations: operationsOf(better.program) });
    });
    save(race);
  }
  say({ type: 'race judged', race, report: await raceReport(race, watch) });
}

async function failureOf(
  { case: saved }: RaceCaseJob,
  { judges, watch }: RaceContext,
  say: Say,
): Promise<RaceFailure | null> {
  const program = programIn(saved);
  const bench = await ProgramBench.make(program, watch);
  const hangs = saved.failure?.kind === 'hang' || saved.failure?.kind === 'died';
  const { failure } = hangs
    ? tellingOf(bench, saved.choices, (text) => say({ type: 'race story', text }))
    : bench.try(fixedChoices(saved.choices));
  return failure ?? (await bench.judgeImages(judges))?.failure ?? null;
}

/** Runs the schedule and tells, at every step, what has happened so far. */
function tellingOf(
  bench: ProgramBench,
  choices: readonly number[],
  tell: (text: string) => void,
): ReturnType<ProgramBench['try']> {
  const story = new Interleaving(bench.program);
  return bench.try(
    fixedChoices(choices),
    (task, previous) => {
      story.steps(task, previous);
      tell(story.soFar());
    },
    {
      invokes: (task, index) => {
        story.invokes(task, index);
        tell(story.soFar());
      },
      returns: (task, index, outcome) => story.returns(task, index, outcome),
    },
  );
}
