import type { Operation, OperationName } from '../model/index.ts';
import { isSeekForContents } from './operation-schema.ts';
import type { Target } from './target.ts';
import { unknown, type Verdict } from './verdict.ts';

/** Parts of operations that a target may be unable to perform although it performs the rest. */
export type OperationPart = 'seek data';

/** What a target cannot perform: whole operations, and parts of others. */
export type Unperformed = ReadonlySet<OperationName | OperationPart>;

export const PERFORMS_ALL: Unperformed = new Set();

/** What of `operation` is among `unperformed`; null when nothing is, nearly always. */
export function unperformedOf(
  operation: Operation,
  unperformed: Unperformed,
): OperationName | OperationPart | null {
  if (unperformed.size === 0) return null;
  if (unperformed.has(operation.op)) return operation.op;
  const part = partOf(operation);
  return part !== null && unperformed.has(part) ? part : null;
}

function partOf(operation: Operation): OperationPart | null {
  return operation.op === 'seek' && isSeekForContents(operation.whence) ? 'seek data' : null;
}

/** What one of several targets cannot perform. */
export const unperformedBy = (targets: readonly Target[]): Unperformed =>
  new Set(targets.flatMap(({ capabilities }) => [...capabilities.unperformed]));

/** Why a sequence cannot be judged on these targets; null when all of them can perform all of it. */
export function whyUnperformed(operations: readonly Operation[], targets: readonly Target[]): Verdict | null {
  for (const { name, capabilities } of targets) {
    if (capabilities.unperformed.size === 0) continue;
    for (const operation of operations) {
      const missing = unperformedOf(operation, capabilities.unperformed);
      if (missing !== null) return unknown(`${name} cannot perform ${missing}`);
    }
  }
  return null;
}
