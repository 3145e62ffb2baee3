import { isPromise, type Awaitable } from '../target.ts';

/** Targets in this process answer at once. */
export function atOnce<T>(value: Awaitable<T>): T {
  if (isPromise(value)) throw new Error('a target of this process was waited for');
  return value;
}
