/** A programmer's error: an invariant that the code relies on does not hold. Never caught inside impl/. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** A message with numbers in it is a function: putting it together costs more than most of what is asserted. */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new AssertionError(typeof message === 'string' ? message : message());
}

/** The value, which an invariant says is there. */
export function present<T>(value: T | undefined | null, what: string | (() => string)): T {
  if (value !== undefined && value !== null) return value;
  throw new AssertionError(`${typeof what === 'string' ? what : what()} is missing`);
}

export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
