import type { Scale } from './bench/contest.ts';
import type { Effort, Result } from './bench/measure.ts';
import type { CampaignPlan, CampaignResult, Progress } from './campaign.ts';
import type { Case } from './case.ts';
import type { CrashCase } from './crash/crash-case.ts';
import type { CrashFinding, CrashTotals } from './crash/crash-finding.ts';
import type { CrashPlan } from './crash/crash-plan.ts';
import type { FailingCrash } from './crash/crash-search.ts';
import type { CorruptionCase } from './corrupt/corruption-case.ts';
import type { CorruptionPlan, CorruptionProgress } from './corrupt/corruption-result.ts';
import type { FailureSignature } from './failure.ts';
import type { RaceCase } from './race/race-case.ts';
import type { RaceFinding, RaceTotals } from './race/race-finding.ts';
import type { RacePlan } from './race/race-plan.ts';
import type { RaceProgram } from './race/program.ts';
import type { FailingRace } from './race/shrink-race.ts';
import type { Stage } from './stage-clock.ts';

/** What a worker thread is asked to do. Plain data: it is copied from one thread to the other. */
export type Job =
  | CheckJob
  | ReplayJob
  | ShrinkJob
  | CorruptJob
  | BenchJob
  | MeasureJob
  | RaceJob
  | RaceCaseJob
  | CrashJob
  | CrashCaseJob;

interface JobBasics {
  /** The folder for temporary files. */
  readonly workspace: string;
  /** Memory of the Heartbeat. */
  readonly heartbeat: SharedArrayBuffer;
  /** Whether images are checked; e2fsck is known to be there then. */
  readonly e2fsck: boolean;
}

export interface CheckJob extends JobBasics {
  readonly verb: 'check';
  readonly plan: CampaignPlan;
  readonly targets: readonly string[];
  readonly faults: readonly string[];
  /** Null: failures stay as they were found. */
  readonly shrink: ShrinkBudget | null;
  readonly runFolder: string;
  readonly version: string;
}

export interface ReplayJob extends JobBasics {
  readonly verb: 'replay';
  readonly case: Case;
  readonly targets: readonly string[];
}

export interface ShrinkJob extends JobBasics {
  readonly verb: 'shrink';
  readonly case: Case;
  readonly budget: ShrinkBudget;
  /** Where the smaller case goes; it is replaced whenever there is a smaller one yet. */
  readonly output: string;
}

export interface CorruptJob extends JobBasics {
  readonly verb: 'corrupt';
  readonly plan: CorruptionPlan;
}

export interface BenchJob extends JobBasics {
  readonly verb: 'bench';
  readonly plan: BenchPlan;
  readonly targets: readonly string[];
}

/** One of the suites of harness/bench/. */
export interface MeasureJob extends JobBasics {
  readonly verb: 'measure';
  readonly plan: MeasurePlan;
}

export interface MeasurePlan {
  readonly suite: string;
  /** Null: every contest; else those with this in their names. */
  readonly only: string | null;
  readonly effort: Effort;
  readonly scale: Omit<Scale, 'workspace'>;
}

/** What a benchmark runs: sequences of campaigns, or the mix of fsx. */
export const MIXES = ['campaign', 'fsx'] as const;
export type Mix = (typeof MIXES)[number];

export interface RaceJob extends JobBasics {
  readonly verb: 'race';
  readonly plan: RacePlan;
  /** The item to begin with, counted from 0. */
  readonly from: number;
  /** For each case that the run has already, the name of its item. */
  readonly failed: readonly string[];
  readonly durationMs: number;
  /** For each failure. */
  readonly shrinkMs: number;
  readonly runFolder: string;
  /** Memory of the ScheduleTape. */
  readonly tape: SharedArrayBuffer;
}

/** A saved race once more; with `shrink`, made smaller. */
export interface RaceCaseJob extends JobBasics {
  readonly verb: 'race-case';
  readonly case: RaceCase;
  readonly shrink: { readonly output: string; readonly ms: number } | null;
}

export interface CrashJob extends JobBasics {
  readonly verb: 'crash';
  readonly plan: CrashPlan;
  /** The program to begin with, counted from 0. */
  readonly from: number;
  /** Cases that the run has already. */
  readonly kept: number;
  readonly durationMs: number;
  /** States, at most. */
  readonly states: number;
  /** For each failure. */
  readonly shrinkMs: number;
  readonly runFolder: string;
  /** Has the state that is examined. */
  readonly tape: SharedArrayBuffer;
}

/** A saved power cut once more; with `shrink`, made smaller. */
export interface CrashCaseJob extends JobBasics {
  readonly verb: 'crash-case';
  readonly case: CrashCase;
  readonly shrink: { readonly output: string; readonly ms: number } | null;
}

export interface BenchPlan {
  readonly mix: Mix;
  readonly seed: number;
  readonly maxOperations: number;
  readonly windows: number;
  readonly windowMs: number;
}

/** Why a benchmark ended early: a sequence failed, which is a case then, or nobody can say. */
export interface BenchStop {
  readonly message: string;
  readonly case: Case | null;
}

/** A stretch of a benchmark. */
export interface BenchWindow {
  readonly sequences: number;
  /** Counted once, however many targets perform them; with the mix of fsx, those that fsx would count. */
  readonly operations: number;
  readonly elapsedMs: number;
  /** Of the process, all its threads. */
  readonly cpuMs: number;
  /** Memory of the process at the end of the stretch (RSS). */
  readonly residentBytes: number;
  readonly spent: Readonly<Record<Stage, number>>;
}

export interface ShrinkBudget {
  readonly runs: number;
  readonly ms: number;
}

/** A failure as people see it. */
export interface Finding {
  /** The folder of the case within the run; null outside a run. */
  readonly id: string | null;
  readonly caseFile: string;
  readonly case: Case;
  readonly report: string;
  /** How many operations the sequence had when it was found. */
  readonly foundWith: number;
  /** How many candidates shrinking has run. */
  readonly shrinkRuns: number;
}

export interface CheckResult extends CampaignResult {
  readonly findings: readonly Finding[];
  /** Milliseconds of the driving thread, by stage. */
  readonly spent: Readonly<Record<Stage, number>>;
  /** Milliseconds that e2fsck worked, added up over those that ran at the same time. */
  readonly e2fsckMs: number;
  readonly shrinkMs: number;
}

/** How a replay ended; `failure` is null when nothing failed. */
export interface ReplayResult {
  readonly verdict: 'holds' | 'fails' | 'unknown';
  readonly failure: FailureSignature | null;
  readonly report: string;
}

/** What a worker thread says. LAST_MESSAGES end a job; the others come while it runs. */
export type Message =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'found'; readonly finding: Finding }
  | {
      readonly type: 'shrinking';
      readonly caseFile: string;
      readonly operations: number;
      readonly runs: number;
    }
  | { readonly type: 'checked'; readonly result: CheckResult }
  | { readonly type: 'replayed'; readonly result: ReplayResult }
  | { readonly type: 'shrunk'; readonly finding: Finding; readonly reproduced: boolean }
  | { readonly type: 'damaging'; readonly progress: CorruptionProgress }
  | {
      readonly type: 'damage';
      readonly number: number;
      readonly case: CorruptionCase;
      readonly stack: string;
    }
  | { readonly type: 'damaged'; readonly progress: CorruptionProgress }
  | { readonly type: 'window'; readonly window: BenchWindow }
  /** So many of so many contests are over. */
  | { readonly type: 'measuring'; readonly name: string; readonly done: number; readonly of: number }
  | { readonly type: 'measured'; readonly contest: string; readonly result: Result }
  /** Not null when a sequence did not hold, or nobody could say. */
  | {
      readonly type: 'benched';
      readonly stopped: BenchStop | null;
    }
  /** From now on schedules are of this program; `name` and `isFirst` are those of the item. */
  | {
      readonly type: 'racing';
      readonly name: string;
      readonly isFirst: boolean;
      readonly program: RaceProgram;
    }
  | { readonly type: 'race progress'; readonly name: string; readonly totals: RaceTotals }
  | { readonly type: 'race found'; readonly finding: RaceFinding }
  | { readonly type: 'race shrinking'; readonly operations: number }
  /** How far a race has come that is known not to end: nobody can be asked afterwards. */
  | { readonly type: 'race story'; readonly text: string }
  | { readonly type: 'raced'; readonly totals: RaceTotals }
  /** Null when it does not fail (any more, as it says). */
  | {
      readonly type: 'race judged';
      readonly race: FailingRace | null;
      readonly report: string;
    }
  /** What is examined now; the program is said once, before its states. */
  | { readonly type: 'crash progress'; readonly name: string; readonly totals: CrashTotals }
  | { readonly type: 'crash found'; readonly finding: CrashFinding }
  | { readonly type: 'crash shrinking'; readonly operations: number }
  | { readonly type: 'crashed'; readonly totals: CrashTotals }
  /** Null when it does not fail (any more, as it says). */
  | { readonly type: 'crash judged'; readonly crash: FailingCrash | null; readonly report: string }
  /** The job could not be done, which is no finding: by a mistake of ours, whose stack it is, or because a target cannot be had. */
  | { readonly type: 'impossible'; readonly mistake: boolean; readonly words: string };

/** What a worker thread is told. */
export interface StopRequest {
  readonly type: 'stop';
}

/** What a job ends with. */
export const LAST_MESSAGES = [
  'checked',
  'replayed',
  'shrunk',
  'damaged',
  'benched',
  'raced',
  'race judged',
  'crashed',
  'crash judged',
  'impossible',
] as const;

export type LastMessage = Extract<Message, { type: (typeof LAST_MESSAGES)[number] }>;
