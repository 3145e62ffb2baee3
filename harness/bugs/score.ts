import { knownSize, type PlantedBug } from './bug.ts';
import type { Figures, Hunted, Score } from './bugs-record.ts';
import { exportsOf } from './exports.ts';

export const scoreOf = (bug: PlantedBug, hunts: readonly Hunted[], control: readonly Hunted[]): Score => ({
  id: bug.id,
  fault: bug.fault,
  source: bug.source,
  mechanism: bug.mechanism,
  hunter: bug.hunter,
  needs: [...bug.needs],
  known: knownSize(bug),
  hunts: [...hunts],
  control: [...control],
  figures: figuresOf(hunts, knownSize(bug)),
  controlFigures: figuresOf(control, knownSize(bug)),
  exports: exportsOf(hunts.filter(isFound)),
});

/** What hunts come to of a bug of which the smallest known sequence has so many operations. */
export function figuresOf(hunts: readonly Hunted[], known: number): Figures {
  const found = hunts.filter(isFound);
  const sizes = found.flatMap(({ shrunkTo }) => (shrunkTo === null ? [] : [shrunkTo]));
  return {
    found: found.length,
    of: hunts.length,
    judges: [...new Set(found.map(({ judge }) => judge ?? ''))],
    tried: spreadOf(found.map(({ tried }) => tried)),
    cpuMs: spreadOf(found.map(({ cpuMs }) => cpuMs)),
    largest: quantile(sizes, 1),
    shrunk: sizes.length,
    small: sizes.filter((size) => isSmallEnough(size, known)).length,
  };
}

/** The middle, and what nine of ten do not exceed; null of nothing. */
export function spreadOf(values: readonly number[]): Figures['tried'] {
  const [median, p90] = [quantile(values, 0.5), quantile(values, 0.9)];
  return median === null || p90 === null ? null : { median, p90 };
}

/** What fails with nothing planted as well is no find, though somebody should look at it. */
export const isFound = ({ judge, failsUnplanted }: Hunted): boolean => judge !== null && !failsUnplanted;

/** The value that `share` (0 .. 1) of the values do not exceed; null of none. The nearest rank, so it is one of them. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** How much longer than the smallest known sequence a case may be: half as much again, and one operation. */
export const isSmallEnough = (operations: number, known: number): boolean => operations <= 1.5 * known + 1;
