import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../model/index.ts';
import { newCase, type Case } from './case.ts';
import type { FailureKind } from './failure.ts';
import type { Beat } from './heartbeat.ts';
import type { HistoryEvent } from './history.ts';
import type { CheckJob } from './job.ts';
import { minimise } from './shrink/minimise.ts';
import { supervise, type Ending } from './supervise.ts';

/** How long a candidate may be silent before it counts as hanging, too. Ordinary ones take milliseconds. */
const CANDIDATE_HANG_MS = 1500;

/** A run that ended its thread has no thread left to say what it was doing; its history does. */
export function caseOfHistory(
  request: Omit<CheckJob, 'heartbeat'>,
  beat: Beat,
  kind: FailureKind,
  detail: string,
): Case | null {
  const event = sequenceEvent(request.runFolder, beat.sequence);
  if (event === null) return null;
  const { setup, operations } = event;
  const operation = operations[beat.step] ?? null;
  return newCase({
    setup,
    targets: request.targets,
    faults: request.faults,
    origin: { seed: request.plan.seed, run: beat.sequence, version: request.version },
    failure: {
      kind,
      target: request.targets.join(','),
      step: operation === null ? null : beat.step,
      operation: operation?.op ?? null,
      detail,
    },
    operations,
  });
}

type SequenceEvent = Extract<HistoryEvent, { type: 'sequence' }>;

/** What the history says that this sequence was. Its last line may be half a line. */
function sequenceEvent(runFolder: string, sequence: number): SequenceEvent | null {
  const path = join(runFolder, 'history.jsonl');
  if (sequence < 0 || !existsSync(path)) return null;
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const line of lines.reverse()) {
    if (!line.startsWith('{"type":"sequence"')) continue;
    try {
      const event = JSON.parse(line) as SequenceEvent;
      if (event.sequence === sequence) return event;
    } catch {
      // Half a line.
    }
  }
  return null;
}

export interface HangOptions {
  readonly workspace: string;
  readonly stop: AbortSignal;
  readonly budgetMs: number;
  readonly onSmaller: (smaller: Case, runs: number) => void;
}

/** Which of the targets hang when each runs the case alone: the failure belongs to the first that does. */
export async function blameHang(hanging: Case, { workspace, stop }: HangOptions): Promise<Case> {
  const { failure } = hanging;
  if (failure === null) return hanging;
  for (const target of hanging.targets) {
    const ending = await replayEnding(hanging, [target], workspace, stop);
    if (ending.kind === 'hang') return { ...hanging, failure: { ...failure, target } };
  }
  return hanging;
}

/** Makes a sequence that hangs smaller. Every candidate gets a thread of its own, so there is time for few. */
export async function shrinkHang(
  hanging: Case,
  options: HangOptions,
): Promise<{ smallest: Case; runs: number }> {
  const { failure } = hanging;
  if (failure === null) return { smallest: hanging, runs: 0 };
  const targets = hanging.targets.filter((name) => name === failure.target);
  const tried = targets.length > 0 ? targets : hanging.targets;
  let smallest = hanging;
  let runs = 0;
  const shrunkTo = (operations: readonly Operation[], step: number | null): Case => {
    const operation = step === null ? null : (operations[step]?.op ?? null);
    const origin = { ...hanging.origin, shrunkFrom: hanging.operations.length };
    return { ...hanging, operations, origin, failure: { ...failure, step, operation } };
  };
  const stillFails = async (operations: readonly Operation[]): Promise<boolean> => {
    runs++;
    const ending = await replayEnding({ ...hanging, operations }, tried, options.workspace, options.stop);
    if (ending.kind !== 'hang') return false;
    smallest = shrunkTo(operations, ending.beat.step < operations.length ? ending.beat.step : null);
    options.onSmaller(smallest, runs);
    return true;
  };
  const whole = failure.step === null ? hanging.operations : hanging.operations.slice(0, failure.step + 1);
  await minimise(whole, stillFails, { budgetRuns: 1000, budgetMs: options.budgetMs, signal: options.stop });
  return { smallest, runs };
}

async function replayEnding(
  hanging: Case,
  targets: readonly string[],
  workspace: string,
  stop: AbortSignal,
): Promise<Ending> {
  return supervise(
    { verb: 'replay', case: hanging, targets, workspace, e2fsck: false },
    { hangMs: CANDIDATE_HANG_MS, stop, onMessage: () => undefined },
  );
}
