import { supervise, type Ending } from '../supervise.ts';
import { RACE_FORMAT, RACE_VERSION, type RaceCase } from './race-case.ts';
import type { FailingRace } from './shrink-race.ts';
import { simplerPrograms } from './simpler-program.ts';

/** How long a candidate may be silent before it counts as hanging, too. Ordinary ones take milliseconds. */
const CANDIDATE_HANG_MS = 1500;

export interface StuckOptions {
  readonly workspace: string;
  readonly stop: AbortSignal;
  readonly budgetMs: number;
  /** How long a race that is known to hang is waited for. */
  readonly hangMs: number;
}

/**
 * Makes a race smaller that ends the thread it runs in: every candidate gets a thread of its own, under the same schedule, so
 * there is time for few.
 */
export async function shrinkStuckRace(
  found: FailingRace,
  options: StuckOptions,
  onSmaller: (better: FailingRace) => void,
): Promise<FailingRace> {
  const endsAt = performance.now() + options.budgetMs;
  let best = found;
  const sticks = async (candidate: FailingRace): Promise<boolean> => {
    // What is silent for a moment may only be slow: it must be so for as long as any other race may.
    for (const hangMs of [CANDIDATE_HANG_MS, options.hangMs]) {
      const { kind } = await runAlone(candidate, { ...options, hangMs }, () => undefined);
      if (kind !== found.failure.kind) return false;
    }
    best = candidate;
    onSmaller(best);
    return true;
  };
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const program of simplerPrograms(best.program)) {
      if (performance.now() >= endsAt || options.stop.aborted) return best;
      smaller = await sticks({ ...best, program });
      if (smaller) break;
    }
  }
  return best;
}

/** What happened until it got stuck. */
export async function storyOfStuck(race: FailingRace, options: StuckOptions): Promise<string> {
  let story = '';
  await runAlone(race, options, (text) => {
    story = text;
  });
  return `${story}\n(nothing after that)`;
}

function runAlone(
  { program, choices, failure }: FailingRace,
  { workspace, stop, hangMs }: StuckOptions,
  onStory: (text: string) => void,
): Promise<Ending> {
  const saved: RaceCase = { format: RACE_FORMAT, version: RACE_VERSION, ...program, choices, failure };
  return supervise(
    { verb: 'race-case', case: saved, shrink: null, workspace, e2fsck: false },
    {
      hangMs,
      stop,
      onMessage: (message) => {
        if (message.type === 'race story') onStory(message.text);
      },
    },
  );
}
