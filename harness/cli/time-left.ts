import { seconds } from './numbers.ts';

/** How far something is that ends when so much is done or so much time is over, whichever comes first; null is no bound. */
export interface Way {
  readonly elapsedMs: number;
  readonly durationMs: number | null;
  readonly done: number;
  readonly doneMax: number | null;
}

/** `, 12.0 s left`; nothing where nobody can know. What is done is taken to go on at the rate it had so far. */
export function timeLeft({ elapsedMs, durationMs, done, doneMax }: Way): string {
  const byTime = durationMs ?? Infinity;
  const byWork = doneMax === null || done === 0 ? Infinity : (elapsedMs / done) * doneMax;
  const left = Math.min(byTime, byWork) - elapsedMs;
  return Number.isFinite(left) ? `, ${seconds(Math.max(0, left))} left` : '';
}
