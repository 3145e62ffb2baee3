import type { Operation } from '../model/index.ts';
import type { DifferenceDetail } from './difference-detail.ts';
import type { FailureSignature } from './failure.ts';
import type { DiskImage } from './target.ts';

/** What a failure looked like, for a person to read. `expected` and `observed` may have several lines. */
export interface Evidence {
  /** One sentence: what went wrong, where. */
  readonly summary: string;
  /** The call that went wrong, when it was one of the harness's own that no sequence shows. */
  readonly operation?: Operation;
  readonly expected?: string;
  readonly observed?: string;
  /** What differs, as data, where it is bytes or attributes. */
  readonly difference?: DifferenceDetail;
  /** e2fsck's words, or the stack of an exception. */
  readonly details?: string;
  /** The disk that shows it. */
  readonly image?: DiskImage;
}

/** Three values, never two: a run that could not be judged is not a run that passed. */
export type Verdict =
  | { readonly kind: 'holds' }
  | { readonly kind: 'fails'; readonly failure: FailureSignature; readonly evidence: Evidence }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Something differs: what, and the evidence. */
export type FailedVerdict = Extract<Verdict, { kind: 'fails' }>;

/** All was judged, and nothing differs. */
export const HOLDS: Verdict = Object.freeze({ kind: 'holds' });

/** Nothing is known, for this reason. It never counts as having passed. */
export const unknown = (reason: string): Verdict => ({ kind: 'unknown', reason });

/** Something differs. */
export const fails = (failure: FailureSignature, evidence: Evidence): FailedVerdict => ({
  kind: 'fails',
  failure,
  evidence,
});

const WEIGHT = { holds: 0, unknown: 1, fails: 2 } as const;

/** The worst of several verdicts; among equally bad ones the first. None at all holds. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = HOLDS;
  for (const verdict of verdicts) if (WEIGHT[verdict.kind] > WEIGHT[result.kind]) result = verdict;
  return result;
}
