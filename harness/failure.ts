import * as z from 'zod';
import type { OperationName } from '../model/index.ts';
import { OPERATION_NAMES } from './operation-schema.ts';

/** Who noticed the failure: which judge, or what happened instead of an answer. */
export const FAILURE_KINDS = [
  /** An operation answered something else than the model. */
  'result',
  /** Names, contents or attributes of the tree are not the model's. */
  'tree',
  /** e2fsck complains about the image. */
  'e2fsck',
  /** Free blocks or inodes are not what they should be. */
  'space',
  /** After a recovery, or through the other path, the tree is another. */
  'recovery',
  /** The target threw what no system call answers: an assertion, a deadlock, an exception of JavaScript. */
  'crash-of-target',
  /** The target itself found its disk corrupt. */
  'complaint',
  /** The target did not answer in time. */
  'hang',
] as const;

/** Who noticed a failure: the comparison of an answer or of the tree, e2fsck, the watch over hangs and so on. */
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What a failure is, short and stable enough to tell whether another run failed in the same way. */
export interface FailureSignature {
  readonly kind: FailureKind;
  readonly target: string;
  /** The operation at which it was noticed, counted from 0; null at the end of the run. */
  readonly step: number | null;
  readonly operation: OperationName | null;
  /** Coarse: an errno pair, a class of e2fsck's problems, the text of an assertion. No numbers that vary. */
  readonly detail: string;
}

/** Judges keep their details short; a longer one is no detail. */
export const DETAIL_CHARACTERS_MAX = 4096;

const NAME_CHARACTERS_MAX = 256;

export const failureSchema = z.strictObject({
  kind: z.enum(FAILURE_KINDS),
  target: z.string().min(1).max(NAME_CHARACTERS_MAX),
  step: z.int().min(0).nullable(),
  operation: z.enum(OPERATION_NAMES).nullable(),
  detail: z.string().max(DETAIL_CHARACTERS_MAX),
});

/**
 * Whether two failures are the same bug as far as one can tell. The step never counts, for shrinking moves it. The
 * operation counts only where it is the operation that answered wrongly: a tree, an image or an assertion goes wrong
 * earlier than it is noticed, and by which operation it is noticed says nothing.
 */
export function sameFailure(left: FailureSignature, right: FailureSignature): boolean {
  if (left.kind !== right.kind || left.target !== right.target || left.detail !== right.detail) return false;
  return left.kind !== 'result' || left.operation === right.operation;
}
