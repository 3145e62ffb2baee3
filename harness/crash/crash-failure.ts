import { withoutNumbers } from '../judges/crash-of-target.ts';

export const CRASH_FAILURES = [
  /** An answer was wrong before the power went. */
  'result',
  /** Something was thrown that no system call answers. */
  'crash',
  /** What a power cut left cannot be mounted. */
  'mount',
  /** The target itself finds its disk corrupt after recovery. */
  'complaint',
  /** The recovered tree is none that may be found. */
  'durability',
  /** e2fsck complains about the image after recovery. */
  'e2fsck',
  /** e2fsck recovers another tree than the target does. */
  'disagreement',
  /** The same recovery, cut and begun again, comes to another tree. */
  'second recovery',
  /** It goes on for ever. */
  'hang',
  /** The thread that ran it died, or took too much memory. */
  'died',
] as const;

/** What went wrong after a power cut. */
export interface CrashFailure {
  readonly kind: (typeof CRASH_FAILURES)[number];
  /** Coarse and stable, so that two failures can be called the same. */
  readonly detail: string;
  /** For a person; of several lines. */
  readonly words: string;
}

export const sameCrashFailure = (left: CrashFailure, right: CrashFailure): boolean =>
  left.kind === right.kind && left.detail === right.detail;

/** Something was thrown; what for `mount` means that the image was refused is for the caller to know. */
export function thrownFailure(kind: 'crash' | 'mount', error: unknown, when: string): CrashFailure {
  const name = error instanceof Error ? error.name : 'exception';
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  const words = kind === 'mount' ? `${name}: ${message}` : stack;
  return { kind, detail: `${name}: ${withoutNumbers(message)}`, words: `${when}: ${words}` };
}
