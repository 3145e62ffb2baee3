import { execa } from 'execa';
import { afterAll, expect } from 'vitest';
import {
  generateSequence,
  ImageFiles,
  runCase,
  sequenceSeed,
  StageClock,
  typescriptTargets,
  unperformedBy,
  type BlockSize,
  type DriveOptions,
  type GenerationLimits,
  type RunResult,
  type Setup,
  type Stages,
  type Target,
} from '../harness/index.ts';
import { openChecker } from '../harness/e2fsck.fixture.ts';
import type { Operation } from '../model/index.ts';

/** What a property needs to run sequences on both paths with every judge. The workspace goes away with the tests. */
export interface Bench {
  readonly folder: string;
  /** What one of its targets cannot perform. */
  readonly unperformed: GenerationLimits['unperformed'];
  run(setup: Setup, operations: readonly Operation[], stages: Stages | null): Promise<RunResult>;
}

export async function openBench(
  faults: readonly string[] = [],
  targetsIn: (workspace: string) => readonly Target[] = () => typescriptTargets(),
): Promise<Bench> {
  const { e2fsck, folder, close } = await openChecker();
  const targets = targetsIn(folder);
  afterAll(async () => {
    for (const target of targets) await target.close?.();
    await close();
  });
  const options: Omit<DriveOptions, 'stages'> = {
    targets,
    faults,
    e2fsck,
    images: new ImageFiles(folder),
    clock: new StageClock(),
  };
  return {
    folder,
    unperformed: [...unperformedBy(targets)],
    run: (setup, operations, stages) => runCase(setup, operations, { ...options, stages }),
  };
}

/** Runs sequences of a fixed seed, so that a red test is red again. The first that does not hold is shown whole. */
export async function expectHolds(
  bench: Bench,
  seed: number,
  sequences: number,
  {
    stages,
    blockSize,
    maxOperations = 60,
  }: { stages: Stages | null; blockSize?: BlockSize; maxOperations?: number },
): Promise<void> {
  for (let number = 0; number < sequences; number++) {
    const sequence = generateSequence(sequenceSeed(seed, number), {
      maxOperations,
      blockSize: blockSize ?? null,
      unperformed: bench.unperformed,
    });
    const { verdict } = await bench.run(sequence.setup, sequence.operations, stages);
    const context = verdict.kind === 'holds' ? null : { seed, number, ...sequence };
    expect({ verdict, context }).toEqual({ verdict: { kind: 'holds' }, context: null });
  }
}

/** Runs a program of e2fsprogs; its words. */
export async function e2fsprogs(
  program: string,
  arguments_: readonly string[],
  input?: string,
): Promise<string> {
  const { all } = await execa(program, arguments_, {
    all: true,
    ...(input !== undefined && { input }),
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  return all;
}
