import type { Operation } from '../model/index.ts';
import { CampaignCoverage, type CoverageTables } from './campaign-coverage.ts';
import { stagesInTurn } from './finish.ts';
import { drive, type Driven, type DriveOptions } from './drive.ts';
import { fsxSequence } from './fsx-sequence.ts';
import {
  generateSequence,
  poolOfSequence,
  sequenceSeed,
  type GenerationLimits,
} from './generate-sequence.ts';
import { withDeepTrees } from './generate/deep-trees.ts';
import { withLargeBlocks } from './generate/large-blocks.ts';
import { surveySequence } from './generate/survey.ts';
import { inTrouble } from './generate/trouble.ts';
import type { History } from './history.ts';
import type { Setup } from './setup.ts';
import { canFail } from './target.ts';
import { daxOf, takeLargeBlocks, unperformedBy, wantsUsualFormat } from './unperformed.ts';
import { worst, type FailedVerdict, type Verdict } from './verdict.ts';

/** What a campaign is to do. */
export interface CampaignPlan {
  readonly seed: number;
  /** Ends after so many sequences, or after so much time, whichever comes first. */
  readonly sequencesMax: number | null;
  readonly durationMs: number | null;
  readonly limits: GenerationLimits;
  /** Ends when so many different failures have been found. */
  readonly failuresMax: number;
  /** Images of each so many-th sequence are checked; of each when absent. */
  readonly checkEvery?: number | undefined;
  /** Begins with sequences that leave nothing of the vocabulary out. */
  readonly surveys?: true | undefined;
  /** Sequences like those of fsx, of which only answers are compared, instead of our own. */
  readonly mix?: 'fsx';
}

/** A sequence that failed. */
export interface Found {
  readonly sequence: number;
  readonly seed: number;
  readonly setup: Setup;
  readonly operations: readonly Operation[];
  readonly verdict: FailedVerdict;
}

export interface Progress {
  readonly sequences: number;
  readonly operations: number;
  readonly elapsedMs: number;
  /** Those that e2fsck looked at. */
  readonly imagesChecked: number;
  /** Those that it need not look at, as they were the same bytes as another one of their sequence. */
  readonly imagesSpared: number;
}

export interface CampaignResult extends Progress, CoverageTables {
  /** Why sequences could not be judged, and how many. */
  readonly unknown: Readonly<Record<string, number>>;
  /** Why it ended. */
  readonly ended: 'sequences' | 'time' | 'failures' | 'stopped';
}

/** What a campaign tells and asks while it goes on. */
export interface CampaignEvents {
  onProgress(progress: Progress): void;
  /** Keeps the failure; answers whether it is a new one. */
  onFound(found: Found): boolean;
  onStep(sequence: number, step: number): void;
  stopped(): boolean;
}

/** The usual file system, in blocks that all of them have. */
const usual = (limits: GenerationLimits): GenerationLimits => ({
  ...limits,
  blockSize: limits.blockSize ?? 4096,
  format: {},
});

/** How many sequences may wait for e2fsck while the next one runs. */
const IN_FLIGHT_MAX = 4;

/**
 * One sequence in so many has a device that goes wrong: what comes after the first failure nobody can compare. About as large is the
 * share of mistakes that only such a device shows, of those that are known from Linux (harness/bugs/catalogue/).
 */
const TROUBLE_EVERY = 12;

interface InFlight {
  readonly sequence: number;
  readonly seed: number;
  readonly setup: Setup;
  readonly operations: readonly Operation[];
  readonly driven: Driven;
}

/** Random sequences, one after the other, each driven while e2fsck still looks at the images of those before. */
export class Campaign {
  readonly #plan: CampaignPlan;
  readonly #drive: DriveOptions;
  readonly #history: History;
  readonly #events: CampaignEvents;
  readonly #limits: GenerationLimits;
  readonly #unperformed: GenerationLimits['unperformed'];
  readonly #dax: GenerationLimits['dax'];
  /** Whether every target has a device that fails when it is told to. */
  readonly #canFail: boolean;
  readonly #takesLargeBlocks: boolean;
  readonly #coverage = new CampaignCoverage();
  readonly #unknown = new Map<string, number>();
  readonly #inFlight: InFlight[] = [];
  readonly #startedAt = performance.now();
  #sequences = 0;
  #operations = 0;
  #failures = 0;

  constructor(plan: CampaignPlan, driveOptions: DriveOptions, history: History, events: CampaignEvents) {
    this.#plan = plan;
    this.#drive = driveOptions;
    this.#history = history;
    this.#events = events;
    this.#limits = wantsUsualFormat(driveOptions.targets) ? usual(plan.limits) : plan.limits;
    this.#unperformed = [...unperformedBy(driveOptions.targets)];
    this.#dax = daxOf(driveOptions.targets);
    this.#canFail = driveOptions.targets.every(canFail);
    this.#takesLargeBlocks = plan.mix !== 'fsx' && takeLargeBlocks(driveOptions.targets);
  }

  async run(): Promise<CampaignResult> {
    const { clock } = this.#drive;
    let ended = this.#end();
    while (ended === null) {
      await this.#next(this.#sequences);
      clock.enter('wait');
      while (this.#inFlight.length > IN_FLIGHT_MAX) await this.#settleOldest();
      // Lets messages and e2fsck's words in: all else may happen without a turn of the event loop.
      await new Promise(setImmediate);
      clock.enter(null);
      this.#events.onProgress(this.#progress());
      ended = this.#end();
    }
    clock.enter('wait');
    while (this.#inFlight.length > 0) await this.#settleOldest();
    clock.enter(null);
    return {
      ...this.#progress(),
      ...this.#coverage.tables(this.#drive.targets),
      unknown: Object.fromEntries(this.#unknown),
      ended: this.#failures >= this.#plan.failuresMax ? 'failures' : ended,
    };
  }

  #end(): CampaignResult['ended'] | null {
    const { sequencesMax, durationMs, failuresMax } = this.#plan;
    if (this.#events.stopped()) return 'stopped';
    if (this.#failures >= failuresMax) return 'failures';
    if (sequencesMax !== null && this.#sequences >= sequencesMax) return 'sequences';
    if (durationMs !== null && performance.now() - this.#startedAt >= durationMs) return 'time';
    return null;
  }

  #progress(): Progress {
    return {
      sequences: this.#sequences,
      operations: this.#operations,
      elapsedMs: performance.now() - this.#startedAt,
      imagesChecked: this.#drive.e2fsck?.imagesChecked ?? 0,
      imagesSpared: this.#drive.e2fsck?.imagesSpared ?? 0,
    };
  }

  async #next(sequence: number): Promise<void> {
    const { clock } = this.#drive;
    clock.enter('generate');
    const seed = sequenceSeed(this.#plan.seed, sequence);
    const pool = poolOfSequence(this.#plan.seed, sequence);
    const likeFsx = this.#plan.mix === 'fsx';
    const generate = likeFsx ? fsxSequence : generateSequence;
    const usualLimits = { ...this.#limits, unperformed: this.#unperformed, dax: this.#dax, pool };
    const limits = this.#unusual(sequence, usualLimits);
    const survey = this.#plan.surveys === true ? surveySequence(sequence, usualLimits) : null;
    const drawn = survey ?? generate(seed, limits);
    const wrong = survey === null && !likeFsx && sequence % TROUBLE_EVERY === TROUBLE_EVERY - 1;
    const setup = wrong && this.#canFail ? inTrouble(drawn.setup, seed) : drawn.setup;
    const { operations } = drawn;
    clock.enter('record');
    this.#history.append({ type: 'sequence', sequence, seed, setup, operations });
    this.#coverage.sequence(setup);
    const { checkEvery = 1 } = this.#plan;
    const driven = await drive(setup, operations, {
      ...this.#drive,
      e2fsck: sequence % checkEvery === 0 ? this.#drive.e2fsck : null,
      stages: likeFsx ? null : stagesInTurn(sequence),
      onStep: (step) => this.#events.onStep(sequence, step),
      onOutcome: (operation, expected, participants) => {
        const names = participants.map(({ name }) => name);
        this.#coverage.operation(setup, operation, expected, names);
      },
    });
    clock.enter('record');
    const failure = driven.verdict.kind === 'fails' ? driven.verdict.failure : null;
    this.#history.append({ type: 'driven', sequence, executed: driven.executed, failure });
    this.#sequences++;
    this.#operations += driven.executed;
    this.#inFlight.push({ sequence, seed, setup, operations, driven });
    if (failure !== null) while (this.#inFlight.length > 0) await this.#settleOldest();
  }

  /** Some sequences have large blocks or deep trees. */
  #unusual(sequence: number, limits: GenerationLimits): GenerationLimits {
    if (this.#plan.mix === 'fsx') return limits;
    return withDeepTrees(sequence, this.#takesLargeBlocks ? withLargeBlocks(sequence, limits) : limits);
  }

  /** Waits for the last word on the oldest sequence that has none, so that findings come in order. */
  async #settleOldest(): Promise<void> {
    const oldest = this.#inFlight.shift();
    if (oldest === undefined) return;
    const { sequence, seed, setup, operations, driven } = oldest;
    const verdict: Verdict = worst([driven.verdict, await driven.images]);
    const reason = verdict.kind === 'unknown' ? verdict.reason : undefined;
    this.#history.append({
      type: 'judged',
      sequence,
      verdict: verdict.kind,
      ...(reason !== undefined && { reason }),
    });
    if (reason !== undefined) this.#unknown.set(reason, (this.#unknown.get(reason) ?? 0) + 1);
    if (verdict.kind !== 'fails' || this.#failures >= this.#plan.failuresMax) return;
    if (this.#events.onFound({ sequence, seed, setup, operations, verdict })) this.#failures++;
  }
}
