import type { RaceContext } from './race-watch.ts';
import { sameRaceFailure } from './judge-run.ts';
import { ProgramBench, type Tried } from './program-bench.ts';
import type { RaceProgram } from './program.ts';
import { trimmed } from './race-case.ts';
import type { ScheduleSource } from './strategy.ts';
import type { FailingRace } from './shrink-race.ts';

/** How the schedules of one program were looked at. */
export interface SearchResult {
  readonly schedules: number;
  /** Different answers in different overlaps, different images, and stories that were too long to be judged. */
  readonly stories: number;
  readonly images: number;
  readonly undecided: number;
  /** The first of each kind. */
  readonly found: readonly FailingRace[];
}

export interface SearchLimits {
  readonly schedules: number;
  /** A time of performance.now(). */
  readonly endsAt: number;
  readonly stop: AbortSignal;
}

/** Schedules between two looks at the clock. */
const BATCH = 32;

/** Kinds of failures of one program after which the rest is not worth the time: most of them are one mistake. */
const FOUND_MAX = 1;

/** Runs the schedules of one program until the source, the limits, or the failures say that it is enough. */
export async function searchSchedules(
  program: RaceProgram,
  source: ScheduleSource,
  { judges, watch }: RaceContext,
  limits: SearchLimits,
  onProgress: (schedules: number) => void,
): Promise<SearchResult> {
  const bench = await ProgramBench.make(program, watch);
  const found: FailingRace[] = [];
  const note = (one: FailingRace): void => {
    if (!found.some(({ failure }) => sameRaceFailure(failure, one.failure))) found.push(one);
  };
  let schedules = 0;
  while (!source.isExhausted && found.length < FOUND_MAX && schedules < limits.schedules) {
    if (limits.stop.aborted || performance.now() >= limits.endsAt) break;
    for (let batch = 0; batch < BATCH && schedules < limits.schedules; batch++) {
      source.next((choose) => {
        schedules++;
        const { pilot, failure }: Tried = bench.try(choose);
        if (failure !== null) note({ program, choices: trimmed(pilot.choices), failure });
        return pilot.decisions;
      });
    }
    onProgress(schedules);
    if (bench.imagesWait || found.length > 0) await judge();
    // Lets a request to stop in.
    await new Promise(setImmediate);
  }
  await judge();
  return { schedules, ...bench.distinct, found };

  async function judge(): Promise<void> {
    const failed = await bench.judgeImages(judges);
    if (failed !== null) note({ program, choices: trimmed(failed.choices), failure: failed.failure });
  }
}
