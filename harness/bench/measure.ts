import type { Measured, Measurement } from '../bench-record.ts';
import { valueOf, type Absent, type Contest, type Contestant, type Lap } from './contest.ts';
import { seriesRatio } from './series.ts';

/** How often, and how long before anything counts. */
export interface Effort {
  /** Rounds of each contestant that count. */
  readonly repetitions: number;
  /**
   * Rounds before are left out: at least one, or as many as the contest wants, and as many as fit into this time together. The engine
   * compiles meanwhile.
   */
  readonly warmUpMs: number;
}

/** What is known when a contest is over. */
export interface Result {
  readonly measured: readonly Measured[];
  readonly absent: readonly Absent[];
}

/** Where the laps of a contestant are gathered. */
interface Entry {
  readonly contestant: Contestant;
  readonly samples: Map<string, number[]>;
}

/**
 * Has contestants take turns, round by round. `pause` is waited for after each round: whoever watches the thread sees that it
 * lives. Answers null when `stop` was asked for.
 */
export async function measure(
  suite: string,
  contest: Contest,
  { repetitions, warmUpMs }: Effort,
  stop: AbortSignal,
  pause: () => Promise<void>,
): Promise<Result | null> {
  const everybody = await contest.enter();
  const absent = everybody.filter((one): one is Absent => 'reason' in one);
  const entries = everybody
    .filter((one): one is Contestant => 'round' in one)
    .map((contestant): Entry => ({ contestant, samples: new Map() }));
  try {
    const warmUntil = performance.now() + warmUpMs;
    for (let counted = -Math.max(1, contest.warmUpRounds ?? 1); counted < repetitions;) {
      for (const { contestant, samples } of entries) {
        if (stop.aborted) return null;
        const laps = await contestant.round();
        if (counted >= 0) note(samples, laps, contest.unit);
        await pause();
      }
      if (counted !== -1 || performance.now() >= warmUntil) counted++;
    }
  } finally {
    for (const { contestant } of entries) await contestant.close?.();
  }
  return { measured: entries.flatMap((entry) => measurementsOf(suite, contest, entry)), absent };
}

function note(samples: Map<string, number[]>, laps: readonly Lap[], unit: Measurement['unit']): void {
  for (const lap of laps) {
    const known = samples.get(lap.workload) ?? [];
    known.push(valueOf(lap, unit));
    samples.set(lap.workload, known);
  }
}

const measurementsOf = (
  suite: string,
  { sizeBytes, unit }: Contest,
  { contestant: { subject, multipleOf }, samples }: Entry,
): Measured[] =>
  [...samples].map(([workload, values]) => ({
    suite,
    workload,
    subject,
    sizeBytes,
    unit,
    better: unit === 'us' || unit === 'ms' || unit === 'bytes' ? ('less' as const) : ('more' as const),
    samples: values,
    series: seriesRatio(workload, sizeBytes),
    ...(multipleOf !== undefined && { multipleOf }),
  }));
