import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newCase, writeCase, type Case } from '../case.ts';
import { runCase, type DriveOptions, type RunResult } from '../drive.ts';
import { E2fsck } from '../e2fsck.ts';
import { failureReport } from '../failure-report.ts';
import { ALL_STAGES } from '../finish.ts';
import { generateSequence, sequenceSeed, type Sequence } from '../generate-sequence.ts';
import { ImageFiles } from '../image-file.ts';
import type { BlockSize } from '../setup.ts';
import { shrinkFailure } from '../shrink-failure.ts';
import { StageClock } from '../stage-clock.ts';
import type { Target } from '../target.ts';
import { targetsNamed } from '../targets/all.ts';
import { OperationsTarget, type OperationsSubject } from '../targets/operations/operations-target.ts';
import { unperformedBy, unperformedOf } from '../unperformed.ts';
import type { FailedVerdict } from '../verdict.ts';
import { openWorkspace } from '../workspace.ts';

/**
 * What is tested: a file system as the operations that it has, a directory that is mounted somewhere (each sequence works in
 * a fresh sub-directory), a program and its words, with blanks between them, that speaks the guest protocol
 * (docs/guest-protocol.md), the name of a target as the command line knows it (`loop`, `impl:iomap`), or a whole Target.
 */
export type Subject =
  OperationsSubject | { readonly directory: string } | { readonly command: string } | string | Target;

/** How long and where a file system is tested. */
export interface ConformsOptions {
  /** How many sequences; 20 when absent. */
  readonly sequences?: number;
  /** Operations of a sequence at most; 60 when absent. */
  readonly operations?: number;
  /** The same seed makes the same sequences; 1 when absent, so that a red test is red again. */
  readonly seed?: number;
  /** Bytes; whatever is drawn when absent. */
  readonly blockSize?: BlockSize;
  /** Milliseconds that shrinking a failure may take; 20,000 when absent. */
  readonly shrinkMs?: number;
  /** Where cases of failures go; `twinpath-results/conforms` when absent. */
  readonly results?: string;
}

const OPERATIONS = 60;
export const SHRINK_MS = 20_000;
const RESULTS = join('twinpath-results', 'conforms');

/** Sequence `number` of the seed: throws with a report when something answers otherwise than Linux, or cannot be judged. */
export async function trySequence(
  name: string,
  subject: Subject,
  number: number,
  options: ConformsOptions = {},
): Promise<void> {
  await withWorkspace(async (workspace) => {
    const targets = await targetsOf(name, subject, workspace);
    await usingTargets(targets, workspace, (drive) => tryOne(name, number, drive, options));
  });
}

/** Runs a saved case on the targets that it names; throws with the report when it fails, or cannot be judged here. */
export async function expectCase(saved: Case): Promise<void> {
  await withWorkspace(async (workspace) => {
    const targets = targetsNamed(saved.targets, workspace);
    await usingTargets(targets, workspace, async (drive) => {
      const { verdict } = await runCase(saved.setup, saved.operations, { ...drive, faults: saved.faults });
      if (verdict.kind === 'unknown') throw new Error(`unknown: ${verdict.reason}`);
      if (verdict.kind === 'fails')
        throw new Error(failureReport({ ...saved, failure: verdict.failure }, verdict.evidence));
    });
  });
}

async function withWorkspace(use: (path: string) => Promise<void>): Promise<void> {
  const workspace = await openWorkspace();
  try {
    await use(workspace.path);
  } finally {
    await workspace.remove();
  }
}

async function usingTargets(
  targets: readonly Target[],
  workspace: string,
  use: (drive: DriveOptions) => Promise<void>,
): Promise<void> {
  const e2fsck = targets.some(({ capabilities }) => capabilities.images) ? await E2fsck.find() : null;
  try {
    await use({
      targets,
      faults: [],
      stages: ALL_STAGES,
      e2fsck,
      images: new ImageFiles(workspace),
      clock: new StageClock(),
    });
  } finally {
    for (const target of targets) await target.close?.();
    await e2fsck?.close();
  }
}

async function targetsOf(name: string, subject: Subject, workspace: string): Promise<readonly Target[]> {
  if (typeof subject === 'string') return targetsNamed([subject], workspace);
  if ('directory' in subject) return targetsNamed([`dir:${subject.directory}`], workspace);
  if ('command' in subject) return targetsNamed([`command:${subject.command}`], workspace);
  if ('capabilities' in subject) return [subject];
  const handlers = await subject.start(generateSequence(1, { maxOperations: 1, blockSize: null }).setup);
  await subject.end?.(handlers);
  return [new OperationsTarget(name, subject, handlers)];
}

async function tryOne(
  name: string,
  number: number,
  drive: DriveOptions,
  options: ConformsOptions,
): Promise<void> {
  const { operations = OPERATIONS, seed = 1, blockSize = null } = options;
  const unperformed = unperformedBy(drive.targets);
  const drawn = generateSequence(sequenceSeed(seed, number), {
    maxOperations: operations,
    blockSize,
    unperformed: [...unperformed],
  });
  // Patterns of several operations may bring one along that the target lacks; the rest of the sequence means something without it.
  const performed = drawn.operations.filter((operation) => unperformedOf(operation, unperformed) === null);
  const sequence = { ...drawn, operations: performed };
  const { verdict } = await runCase(sequence.setup, sequence.operations, drive);
  if (verdict.kind === 'unknown') throw new Error(`unknown: ${verdict.reason}`);
  if (verdict.kind === 'fails') await shrinkAndThrow(name, number, sequence, verdict, drive, options);
}

async function shrinkAndThrow(
  name: string,
  number: number,
  found: Sequence,
  first: Extract<RunResult['verdict'], { kind: 'fails' }>,
  drive: DriveOptions,
  { seed = 1, shrinkMs = SHRINK_MS, results = RESULTS }: ConformsOptions,
): Promise<never> {
  const file = join(results, `${name.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}-${seed}-${number}.json`);
  const caseOf = ({ setup, operations }: Sequence, { failure }: FailedVerdict): Case =>
    newCase({
      setup,
      targets: drive.targets.map((target) => target.name),
      faults: [],
      origin: { seed, run: number, shrunkFrom: found.operations.length },
      failure,
      operations,
    });
  mkdirSync(results, { recursive: true });
  // Before it is shrunk, so that nothing is lost when shrinking never ends.
  writeFileSync(file, writeCase(caseOf(found, first)));
  const shrunk = await shrinkFailure(found.setup, found.operations, drive, {
    budgetRuns: Infinity,
    budgetMs: shrinkMs,
    signal: AbortSignal.timeout(shrinkMs),
    onSmaller: (best, verdict) => writeFileSync(file, writeCase(caseOf(best, verdict))),
  });
  const verdict = shrunk?.verdict ?? first;
  const smallest = caseOf(shrunk ?? found, verdict);
  writeFileSync(file, writeCase(smallest));
  throw new Error(`${failureReport(smallest, verdict.evidence)}\n  case    ${file}`);
}
