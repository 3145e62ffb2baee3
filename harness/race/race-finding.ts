import type { FailingRace } from './shrink-race.ts';
import { RACE_FORMAT, RACE_VERSION, writeRaceCase } from './race-case.ts';

/** A failure as it was kept. */
export interface RaceFinding {
  readonly id: string;
  readonly caseFile: string;
  readonly race: string;
  readonly strategy: string;
  /** Schedules of its program that had been run by then. */
  readonly after: number;
  readonly operations: { readonly found: number; readonly shrunk: number };
  readonly preemptions: number;
  readonly detail: string;
  /** Empty while it is being made smaller. */
  readonly report: string;
}

/** What a run has done. */
export interface RaceTotals {
  readonly programs: number;
  /** Programs of which no schedule was left out, up to the bound on preemptions. */
  readonly complete: number;
  readonly schedules: number;
  readonly stories: number;
  readonly images: number;
  readonly undecided: number;
  /** Processor time of the searches, in microseconds, of all threads. */
  readonly cpu: number;
}

export const NO_RACES: RaceTotals = {
  programs: 0,
  complete: 0,
  schedules: 0,
  stories: 0,
  images: 0,
  undecided: 0,
  cpu: 0,
};

export function addTotals(left: RaceTotals, right: RaceTotals): RaceTotals {
  return {
    programs: left.programs + right.programs,
    complete: left.complete + right.complete,
    schedules: left.schedules + right.schedules,
    stories: left.stories + right.stories,
    images: left.images + right.images,
    undecided: left.undecided + right.undecided,
    cpu: left.cpu + right.cpu,
  };
}

/** Programs of which so many failed are enough for one run. */
export const FINDINGS_MAX = 8;

export const caseId = (number: number, kind: string): string => `${String(number).padStart(2, '0')}-${kind}`;

export const caseText = ({ program, choices, failure }: FailingRace, note: string): string =>
  writeRaceCase({ format: RACE_FORMAT, version: RACE_VERSION, ...program, choices, failure, note });

/** Schedules that shrinking tries for one candidate. */
export const SHRINK_SCHEDULES = 2500;
