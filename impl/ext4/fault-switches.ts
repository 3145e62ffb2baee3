/**
 * Bugs planted on purpose, to prove that the harness finds such bugs. Each has one name and stands in the code at one
 * place, where the mistake would be; all are off unless a test names one.
 */
export const FAULTS = [
  /** Placeholder list; the architect fills it. */
] as const;

export type Fault = (typeof FAULTS)[number];

export type FaultSwitches = ReadonlySet<string>;

export const NO_FAULTS: FaultSwitches = new Set();
