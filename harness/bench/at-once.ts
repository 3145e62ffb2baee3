import { isPromise, type Awaitable, type Session } from '../target.ts';

/** Targets in this process answer at once. */
export function atOnce<T>(value: Awaitable<T>): T {
  if (isPromise(value)) throw new Error('a target of this process was waited for');
  return value;
}

/** Closes what is open, unmounts, and lets others use the memory of the device. */
export function endAtOnce(session: Session): void {
  atOnce(session.closeAll());
  atOnce(session.unmount())?.release?.();
}
