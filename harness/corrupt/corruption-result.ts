import { withoutNumbers } from '../judges/crash-of-target.ts';
import type { CorruptionCase, CorruptionFault, ImageRecipe } from './corruption-case.ts';

/** What a campaign of damaged images is to do. */
export interface CorruptionPlan {
  readonly seed: number;
  /** Numbers of the cases: `from` .. `to` - 1. */
  readonly from: number;
  readonly to: number;
  readonly durationMs: number | null;
  readonly recipes: readonly ImageRecipe[];
  readonly targets: readonly string[];
  /** These cases, by their numbers, instead of random ones. */
  readonly cases: readonly CorruptionCase[] | null;
}

/** How far a campaign is. */
export interface CorruptionProgress {
  readonly images: number;
  /** The others were refused at mount. */
  readonly mounted: number;
  /** How often each errno, or refusal, was answered. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Two faults with the same key count as one: the same words, from the same place. */
export function faultKey({
  kind,
  detail,
  stack = '',
}: CorruptionFault & { readonly stack?: string }): string {
  return [kind, withoutNumbers(detail), placeOf(stack)].join('\n');
}

/** The innermost frame that is neither a check nor the scheduler, which every fault comes through. */
function placeOf(stack: string): string {
  const frames = stack.split('\n').filter((line) => /\/impl\//.test(line) && !/\/(lib|sched)\//.test(line));
  return frames[0]?.trim() ?? '';
}
