import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { USUAL_CRASHES } from '../crash/crash-plan.ts';
import { StateTape } from '../crash/state-tape.ts';
import type { CheckJob, CrashJob, Message, RaceJob } from '../job.ts';
import { CATALOGUE } from '../race/catalogue/catalogue.ts';
import { RACE_MODES } from '../race/modes.ts';
import { ScheduleTape } from '../race/race-watch.ts';
import { BLOCK_SIZES } from '../setup.ts';
import { supervise, type Ending, type JobRequest, type Supervision } from '../supervise.ts';
import { failsUnplanted } from './attribution.ts';
import type { Hunted } from './bugs-record.ts';

/** What is looked for, and how. `control` is a generator like fsx, which sees contents and sizes only. */
export interface Quarry {
  /** Null: nothing is planted, and nothing should be found. */
  readonly fault: string | null;
  readonly hunter: 'check' | 'race' | 'crash' | 'control';
}

/** Where a hunt works, how, and how long. */
export interface HuntOptions {
  /** In a thread of its own, unless this is performHere. */
  readonly perform?: (request: JobRequest, supervision: Supervision) => Promise<Ending>;
  /** A folder of this hunt's own. */
  readonly folder: string;
  readonly workspace: string;
  readonly e2fsck: boolean;
  /** Milliseconds of processor time of this process, until it is given up. */
  readonly cpuMs: number;
  /** What it may try until it is given up: operations, schedules of races or states after power cuts. */
  readonly triesMax: number;
  /** Processor time for making smaller what was found; where nobody can be interrupted (race, crash), it is the time of the clock. */
  readonly shrinkMs: number;
  readonly stop: AbortSignal;
  readonly version: string;
}

/** A hang that is none would count as found, and a busy machine may let a thread wait for long. */
const HANG_MS = 60_000;
const LOOK_EVERY_MS = 100;
const SHRINK_RUNS_MAX = 20_000;
const MAX_OPERATIONS = 60;
const NEVER = 1e9;

const cpuNow = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Runs the ordinary generator until a judge sees something, or the time is over. */
export async function hunt(quarry: Quarry, seed: number, options: HuntOptions): Promise<Hunted> {
  mkdirSync(options.folder, { recursive: true });
  const { perform = supervise } = options;
  const track = new Track(seed);
  const end = new AbortController();
  const finish = (): void => end.abort();
  options.stop.addEventListener('abort', finish);
  if (options.stop.aborted) finish();
  const watch = setInterval(() => {
    if (track.isOver(options)) finish();
  }, LOOK_EVERY_MS);
  try {
    const ending = await perform(JOBS[quarry.hunter](quarry, seed, options), {
      hangMs: HANG_MS,
      stop: end.signal,
      onMessage: (message) => {
        track.hear(message);
        const ends = message.type === 'race found' || message.type === 'crash found';
        if (ends && (message.finding.report !== '' || options.shrinkMs === 0)) finish();
      },
    });
    if (ending.kind !== 'finished') track.lost(ending.kind);
  } finally {
    clearInterval(watch);
    options.stop.removeEventListener('abort', finish);
    rmSync(join(options.folder, 'history.jsonl'), { force: true });
  }
  const { hunted } = track;
  if (quarry.fault === null || hunted.caseFile === null || options.stop.aborted) return hunted;
  const again = (job: JobRequest): Promise<Ending> =>
    perform(job, { hangMs: HANG_MS, stop: options.stop, onMessage: () => undefined });
  return { ...hunted, failsUnplanted: await failsUnplanted(hunted.caseFile, options, again) };
}

function checkJob({ fault, hunter }: Quarry, seed: number, options: HuntOptions): JobRequest {
  const { folder: runFolder, workspace, version } = options;
  const control = hunter === 'control';
  const job: Omit<CheckJob, 'heartbeat'> = {
    verb: 'check',
    plan: {
      seed,
      sequencesMax: null,
      durationMs: null,
      limits: { maxOperations: MAX_OPERATIONS, blockSize: null },
      failuresMax: 1,
      ...(control && { mix: 'fsx' as const }),
    },
    targets: ['impl:buffer_head', 'impl:iomap'],
    faults: fault === null ? [] : [fault],
    e2fsck: options.e2fsck && !control,
    shrink: control || options.shrinkMs === 0 ? null : { runs: SHRINK_RUNS_MAX, ms: NEVER },
    runFolder,
    workspace,
    version,
  };
  return job;
}

function raceJob({ fault }: Quarry, seed: number, options: HuntOptions): JobRequest {
  const { folder: runFolder, workspace, e2fsck, shrinkMs } = options;
  const job: Omit<RaceJob, 'heartbeat'> = {
    verb: 'race',
    plan: {
      seed,
      races: CATALOGUE.map(({ name }) => name),
      modes: RACE_MODES.map(({ name }) => name),
      blockSizes: BLOCK_SIZES.slice(0, 1),
      faults: fault === null ? [] : [fault],
      strategy: null,
      bound: 1,
      schedules: null,
      drawn: NEVER,
    },
    from: 0,
    failed: [],
    durationMs: NEVER,
    shrinkMs,
    runFolder,
    tape: new ScheduleTape().memory,
    workspace,
    e2fsck,
  };
  return job;
}

function crashJob({ fault }: Quarry, seed: number, options: HuntOptions): JobRequest {
  const { folder: runFolder, workspace, e2fsck, shrinkMs } = options;
  const job: Omit<CrashJob, 'heartbeat'> = {
    verb: 'crash',
    plan: { ...USUAL_CRASHES, seed, faults: fault === null ? [] : [fault], programs: NEVER },
    from: 0,
    kept: 0,
    durationMs: NEVER,
    states: NEVER,
    shrinkMs,
    runFolder,
    tape: new StateTape().memory,
    workspace,
    e2fsck,
  };
  return job;
}

const JOBS = { check: checkJob, control: checkJob, race: raceJob, crash: crashJob } as const;

/** What the thread has said so far, and when. */
class Track {
  readonly #seed: number;
  readonly #cpuBefore = cpuNow();
  #tried = 0;
  #found: Omit<Hunted, 'seed' | 'tried' | 'cpuMs' | 'failsUnplanted'> | null = null;
  #foundAt: { readonly tried: number; readonly cpuMs: number } | null = null;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get cpuMs(): number {
    return cpuNow() - this.#cpuBefore;
  }

  /** Whether it has looked for long enough, or made what it found smaller for long enough. */
  isOver({ cpuMs, triesMax, shrinkMs }: Pick<HuntOptions, 'cpuMs' | 'triesMax' | 'shrinkMs'>): boolean {
    if (this.#foundAt !== null) return this.cpuMs >= this.#foundAt.cpuMs + shrinkMs;
    return this.cpuMs >= cpuMs || this.#tried >= triesMax;
  }

  hear(message: Message): void {
    switch (message.type) {
      case 'progress':
        this.#tried = message.progress.operations;
        break;
      case 'race progress':
        this.#tried = message.totals.schedules;
        break;
      case 'crash progress':
        this.#tried = message.totals.states;
        break;
      case 'found': {
        const { case: kept, caseFile, foundWith } = message.finding;
        this.#note(kept.failure?.kind ?? 'unknown', kept.failure?.detail ?? null, foundWith, null, caseFile);
        break;
      }
      case 'race found':
      case 'crash found': {
        const { id, detail, operations, report, caseFile } = message.finding;
        this.#note(
          id.replace(/^\d+-/, ''),
          detail,
          operations.found,
          report === '' ? null : operations.shrunk,
          caseFile,
        );
        break;
      }
      case 'checked': {
        const [finding] = message.result.findings;
        this.#tried = message.result.operations;
        // Progress is told now and then only; the campaign ended with what it found.
        if (this.#foundAt !== null) this.#foundAt = { ...this.#foundAt, tried: this.#tried };
        if (finding !== undefined && this.#found !== null) {
          const shrunkTo = finding.shrinkRuns > 0 ? finding.case.operations.length : null;
          this.#found = { ...this.#found, shrunkTo };
        }
        break;
      }
      default:
        break;
    }
  }

  /** The thread hung or died; while it made something smaller, that is no news. */
  lost(kind: 'hang' | 'died'): void {
    if (this.#found === null) this.#note(kind, null, null, null, null);
  }

  /** The first word on a failure says when it was found, a later one how small it is. */
  #note(
    judge: string,
    detail: string | null,
    foundWith: number | null,
    shrunkTo: number | null,
    caseFile: string | null,
  ): void {
    this.#foundAt ??= { tried: this.#tried, cpuMs: this.cpuMs };
    this.#found ??= { judge, detail, foundWith, shrunkTo, caseFile };
    if (shrunkTo !== null) this.#found = { ...this.#found, shrunkTo };
  }

  get hunted(): Hunted {
    const nothing = { judge: null, detail: null, foundWith: null, shrunkTo: null, caseFile: null };
    const { tried, cpuMs } = this.#foundAt ?? { tried: this.#tried, cpuMs: this.cpuMs };
    const found = this.#found ?? nothing;
    return { seed: this.#seed, ...found, failsUnplanted: false, tried, cpuMs: Math.round(cpuMs) };
  }
}
