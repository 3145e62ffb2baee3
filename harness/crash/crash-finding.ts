import { CRASH_FORMAT, CRASH_VERSION, writeCrashCase } from './crash-case.ts';
import type { FailingCrash } from './crash-search.ts';

/** A failure as it was kept. */
export interface CrashFinding {
  readonly id: string;
  readonly caseFile: string;
  /** The item that showed it. */
  readonly item: string;
  /** States of the whole run that had been examined by then. */
  readonly after: number;
  readonly operations: { readonly found: number; readonly shrunk: number };
  /** Writes that are lost or torn. */
  readonly lost: number;
  readonly detail: string;
  /** Empty while it is being made smaller. */
  readonly report: string;
}

/** What a run has done. */
export interface CrashTotals {
  readonly programs: number;
  readonly operations: number;
  readonly states: number;
  readonly checked: number;
  readonly twice: number;
  /** Processor time of the searches, in microseconds, of all threads. */
  readonly cpu: number;
}

export const NO_CRASHES: CrashTotals = {
  programs: 0,
  operations: 0,
  states: 0,
  checked: 0,
  twice: 0,
  cpu: 0,
};

export const addCrashes = (left: CrashTotals, right: CrashTotals): CrashTotals => ({
  programs: left.programs + right.programs,
  operations: left.operations + right.operations,
  states: left.states + right.states,
  checked: left.checked + right.checked,
  twice: left.twice + right.twice,
  cpu: left.cpu + right.cpu,
});

/** Programs that failed: so many are enough for one run. */
export const CRASH_FINDINGS_MAX = 8;

export const crashCaseText = ({ program, state, failure }: FailingCrash, note: string): string =>
  writeCrashCase({ format: CRASH_FORMAT, version: CRASH_VERSION, ...program, state, failure, note });
