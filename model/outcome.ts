import type { Errno, Outcome, Value } from './operation.ts';

/** Plain success. One object serves every call, for a step should allocate little. */
export const DONE: Outcome = Object.freeze({ ok: true, value: Object.freeze({ kind: 'done' }) });

/** What a call expects of space accounting: nothing, judges look at it. */
export const SPACE: Outcome = Object.freeze({
  ok: true,
  value: Object.freeze({ kind: 'space', space: null }),
});

const failures = new Map<Errno, Outcome>();

/** The failure with this errno; the same object each time. */
export function failure(errno: Errno): Outcome {
  let outcome = failures.get(errno);
  if (outcome === undefined) {
    outcome = Object.freeze({ ok: false, errno });
    failures.set(errno, outcome);
  }
  return outcome;
}

export function success(value: Value): Outcome {
  return { ok: true, value };
}

/** Bytes moved, or a file position. */
export function counted(count: number): Outcome {
  return { ok: true, value: { kind: 'count', count } };
}

/** Whether the observed outcome is the one resource failure that a model may have to follow. */
export function isNoSpace(observed: Outcome | undefined): boolean {
  return observed !== undefined && !observed.ok && observed.errno === 'ENOSPC';
}
