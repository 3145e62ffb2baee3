import { drive } from './drive.ts';
import type { Stages } from './finish.ts';
import { generateSequence, poolOfSequence, sequenceSeed } from './generate-sequence.ts';
import { ImageFiles } from './image-file.ts';
import { StageClock, type Stage } from './stage-clock.ts';
import type { Target } from './target.ts';
import { unperformedBy } from './unperformed.ts';
import type { Verdict } from './verdict.ts';

/** A stretch of a benchmark. */
export interface BenchWindow {
  readonly sequences: number;
  /** Counted once, however many targets perform them. */
  readonly operations: number;
  readonly elapsedMs: number;
  /** Of this process, all its threads. */
  readonly cpuMs: number;
  readonly spent: Readonly<Record<Stage, number>>;
}

export interface BenchPlan {
  readonly targets: readonly Target[];
  readonly seed: number;
  readonly maxOperations: number;
  readonly windows: number;
  readonly windowMs: number;
}

/** Generation, mount, operations, every comparison, sync and unmount; neither power cuts nor a second mount, nor e2fsck. */
const STAGES_MEASURED: Stages = { recovery: false, remount: 'none', checkAgain: false };

/** Thrown when a sequence did not hold: a rate of what is broken, or of what nobody judged, says nothing. */
export class BenchStopped extends Error {
  override readonly name = 'BenchStopped';
  /** Whether something was found; else a judge could not say. */
  readonly found: boolean;

  constructor(found: boolean, message: string) {
    super(message);
    this.found = found;
  }
}

/**
 * Runs sequence after sequence of a campaign in this thread, and tells of each window when it is over. No sequence comes
 * twice, so what is measured first is mostly the engine's compiler.
 */
export async function bench(plan: BenchPlan, onWindow: (window: BenchWindow) => void): Promise<void> {
  let sequence = 0;
  for (let window = 0; window < plan.windows; window++) {
    const first = sequence;
    const clock = new StageClock();
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    let operations = 0;
    while (performance.now() - startedAt < plan.windowMs) operations += await runOne(plan, sequence++, clock);
    const cpu = process.cpuUsage(cpuBefore);
    onWindow({
      sequences: sequence - first,
      operations,
      elapsedMs: performance.now() - startedAt,
      cpuMs: (cpu.user + cpu.system) / 1000,
      spent: clock.all(),
    });
  }
}

async function runOne(plan: BenchPlan, sequence: number, clock: StageClock): Promise<number> {
  clock.enter('generate');
  const { setup, operations } = generateSequence(sequenceSeed(plan.seed, sequence), {
    maxOperations: plan.maxOperations,
    blockSize: null,
    unperformed: [...unperformedBy(plan.targets)],
    pool: poolOfSequence(plan.seed, sequence),
  });
  const { verdict, executed } = await drive(setup, operations, {
    targets: plan.targets,
    faults: [],
    stages: STAGES_MEASURED,
    e2fsck: null,
    images: NO_IMAGES,
    clock,
  });
  clock.enter(null);
  if (verdict.kind !== 'holds') throw stopped(verdict, sequence, plan.seed);
  return executed;
}

function stopped(verdict: Exclude<Verdict, { kind: 'holds' }>, sequence: number, seed: number): BenchStopped {
  if (verdict.kind === 'unknown')
    return new BenchStopped(false, `nobody can say whether sequence ${sequence} held: ${verdict.reason}`);
  return new BenchStopped(true, `sequence ${sequence} failed; twinpath check --seed ${seed} finds it`);
}

/** Nothing is written: without e2fsck no image leaves memory. */
const NO_IMAGES = new ImageFiles('/nonexistent');
