import type { DiskImage, Target } from '../target.ts';
import { raceTargets } from '../targets/coroutines/race-target.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import { ImageKeys } from './image-key.ts';
import { judgeFinalImage, type ImageJudges } from './judge-image.ts';
import { RunJudge, type RaceFailure } from './judge-run.ts';
import type { RaceProgram } from './program.ts';
import type { CallObserver, RaceTarget } from './race-target.ts';
import { UNWATCHED, type RaceWatch } from './race-watch.ts';
import { imageOf, runProgram, type RaceRun } from './run-program.ts';
import { RecordingPilot, type Chooser, type ScheduledTask } from './schedule.ts';

/** One schedule, and what it showed so far. */
export interface Tried {
  readonly pilot: RecordingPilot;
  readonly run: RaceRun;
  readonly failure: RaceFailure | null;
}

/** Images that wait for their judges at most. */
const IMAGES_MAX = 256;

/** Shared, as the memory that one run gives back is good for the next. */
const TARGETS = raceTargets();
const MAKERS: readonly Target[] = typescriptTargets();

/** Disks that are remembered: of the programs that shrinking tries one after the other, most begin with the same. */
const DISKS_MAX = 8;

const disks = new Map<string, DiskImage>();

/** The disk that the program starts from; runs take snapshots of it. */
async function diskOf(program: RaceProgram): Promise<DiskImage> {
  const key = JSON.stringify([program.target, program.setup, program.image]);
  const known = disks.get(key);
  if (known !== undefined) return known;
  const maker = MAKERS.find(({ name }) => name === program.target);
  if (maker === undefined) throw new Error(`${program.target} makes no disks`);
  const made = await imageOf(program, maker);
  const [oldest] = disks.keys();
  if (disks.size >= DISKS_MAX && oldest !== undefined) disks.delete(oldest);
  disks.set(key, made);
  return made;
}

/** A program on its target, ready to be run as often as one likes, and everything that judges its runs. */
export class ProgramBench {
  readonly program: RaceProgram;
  readonly #watch: RaceWatch;
  readonly #target: RaceTarget;
  readonly #image: DiskImage;
  readonly #judge: RunJudge;
  readonly #keys: ImageKeys;
  readonly #seen = new Set<string>();
  #unjudged: { readonly run: RaceRun; readonly choices: readonly number[] }[] = [];

  private constructor(program: RaceProgram, target: RaceTarget, image: DiskImage, watch: RaceWatch) {
    this.#watch = watch;
    this.program = program;
    this.#target = target;
    this.#image = image;
    this.#judge = new RunJudge(program, () => watch.beats());
    this.#keys = new ImageKeys(image);
  }

  static async make(program: RaceProgram, watch: RaceWatch = UNWATCHED): Promise<ProgramBench> {
    watch.begins(program);
    const target = TARGETS.find(({ name }) => name === program.target);
    if (target === undefined) throw new Error(`${program.target} cannot race`);
    return new ProgramBench(program, target, await diskOf(program), watch);
  }

  /** Runs one schedule and judges what can be judged at once. */
  try(
    choose: Chooser,
    onStep: ((task: ScheduledTask, previous: ScheduledTask | null) => void) | null = null,
    story: CallObserver | null = null,
  ): Tried {
    this.#watch.tries();
    const pilot = new RecordingPilot((...at) => {
      const choice = choose(...at);
      this.#watch.chose(choice);
      return choice;
    }, onStep);
    const run = runProgram(this.program, this.#target, this.#image, pilot, story);
    const failure = this.#judge.judge(run);
    if (failure === null) this.#keep(run, pilot.choices);
    return { pilot, run, failure };
  }

  /** Different stories, and different images, so far. */
  get distinct(): { readonly stories: number; readonly images: number; readonly undecided: number } {
    const { stories, undecided } = this.#judge;
    return { stories, images: this.#seen.size, undecided };
  }

  /** Whether so many images wait that `judgeImages` should be called. */
  get imagesWait(): boolean {
    return this.#unjudged.length >= IMAGES_MAX;
  }

  /** Judges the images that no run had left before; the first failure, with the schedule that led to it. */
  async judgeImages(
    judges: ImageJudges,
  ): Promise<{ readonly failure: RaceFailure; readonly choices: readonly number[] } | null> {
    const waiting = this.#unjudged;
    this.#unjudged = [];
    for (const { run, choices } of waiting) {
      const failure = await judgeFinalImage(this.program, run, judges);
      if (failure !== null) return { failure, choices };
    }
    return null;
  }

  #keep(run: RaceRun, choices: readonly number[]): void {
    if (run.image === null) return;
    const key = this.#keys.keyOf(run.image);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#unjudged.push({ run, choices });
  }
}
