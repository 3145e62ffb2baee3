import { STAGES_MEASURED } from '../bench/harness/in-step.ts';
import { newCase } from '../case.ts';
import { drive, type DriveOptions } from '../drive.ts';
import {
  generateSequence,
  poolOfSequence,
  sequenceSeed,
  type GenerationLimits,
  type Sequence,
} from '../generate-sequence.ts';
import { FSX_SETUP, fsxMix } from '../generate/fsx-mix.ts';
import { seededDice } from '../generate/seeded-dice.ts';
import type { BenchJob, BenchPlan, BenchStop, BenchWindow, Message } from '../job.ts';
import { rehearsalPays, rehearse } from '../rehearsal.ts';
import { StageClock } from '../stage-clock.ts';
import { unperformedBy } from '../unperformed.ts';
import type { Verdict } from '../verdict.ts';
import type { Workbench } from './workbench.ts';

interface Options extends DriveOptions {
  readonly unperformed: GenerationLimits['unperformed'];
}

/** What was measured when one stretch was over, or the verdict that ended it: a rate of what is broken says nothing. */
type Measured = { readonly window: BenchWindow } | Broken;

interface Broken {
  readonly sequence: number;
  readonly drawn: Sequence;
  readonly verdict: Verdict;
}

/**
 * The job of `twinpath bench`: sequence after sequence of a campaign, in the same kind of thread as campaigns have, and
 * word of each window when it is over. No sequence comes twice, so what is measured first is mostly the engine's compiler.
 */
export async function runBench(
  { plan, targets }: Pick<BenchJob, 'plan' | 'targets'>,
  bench: Pick<Workbench, 'driveOptions'>,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const drive = bench.driveOptions(targets, []);
  const unperformed = [...unperformedBy(drive.targets)];
  const options = { unperformed, ...drive, stages: STAGES_MEASURED };
  let sequence = 0;
  if (rehearsalPays(targets, null)) await rehearse(drive.images);
  for (let window = 0; window < plan.windows && !signal.aborted; window++) {
    const measured = await measure(plan, sequence, options, signal);
    if (!('window' in measured)) {
      say({ type: 'benched', stopped: whyStopped(measured, plan, targets) });
      return;
    }
    say({ type: 'window', window: measured.window });
    sequence += measured.window.sequences;
  }
  say({ type: 'benched', stopped: null });
}

async function measure(
  plan: BenchPlan,
  first: number,
  shared: Options,
  signal: AbortSignal,
): Promise<Measured> {
  const clock = new StageClock();
  const options = { ...shared, clock };
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let operations = 0;
  let sequence = first;
  while (performance.now() - startedAt < plan.windowMs && !signal.aborted) {
    const { verdict, executed, drawn } = await runOne(plan, sequence, options);
    if (verdict.kind !== 'holds') return { sequence, drawn, verdict };
    operations += executed;
    sequence++;
  }
  const cpu = process.cpuUsage(cpuBefore);
  return {
    window: {
      sequences: sequence - first,
      operations,
      elapsedMs: performance.now() - startedAt,
      cpuMs: (cpu.user + cpu.system) / 1000,
      residentBytes: process.memoryUsage.rss(),
      spent: clock.all(),
    },
  };
}

async function runOne(
  plan: BenchPlan,
  sequence: number,
  options: Options,
): Promise<{ verdict: Verdict; executed: number; drawn: Sequence }> {
  options.clock.enter('generate');
  const drawn = sequenceOf(plan, sequence, options);
  const { verdict, executed } = await drive(drawn.setup, drawn.operations, options);
  options.clock.enter(null);
  return { verdict, executed: drawn.steps ?? executed, drawn };
}

function sequenceOf(
  plan: BenchPlan,
  sequence: number,
  { unperformed }: Options,
): Sequence & { readonly steps?: number } {
  const seed = sequenceSeed(plan.seed, sequence);
  if (plan.mix === 'fsx') return { setup: FSX_SETUP, ...fsxMix(seededDice(seed), plan.maxOperations) };
  return generateSequence(seed, {
    maxOperations: plan.maxOperations,
    blockSize: null,
    pool: poolOfSequence(plan.seed, sequence),
    unperformed,
  });
}

function whyStopped(
  { verdict, sequence, drawn }: Broken,
  { seed }: BenchPlan,
  targets: readonly string[],
): BenchStop | null {
  if (verdict.kind === 'holds') return null;
  if (verdict.kind === 'unknown') {
    const message = `nobody can say whether sequence ${sequence} held: ${verdict.reason}`;
    return { message, case: null };
  }
  const { setup, operations } = drawn;
  return {
    message: `sequence ${sequence} failed: ${verdict.evidence.summary}`,
    case: newCase({
      setup,
      targets,
      faults: [],
      origin: { seed, run: sequence },
      failure: verdict.failure,
      operations,
    }),
  };
}
