import { knownSize, type PlantedBug } from './bug.ts';
import type { Hunted } from './hunt.ts';

/** What one bug came to, over all seeds. Plain data: it is kept. */
export interface Score {
  readonly id: string;
  readonly fault: string;
  readonly hunter: PlantedBug['hunter'];
  readonly needs: PlantedBug['needs'];
  /** Operations of the smallest sequence that is known. */
  readonly known: number;
  readonly hunts: readonly Hunted[];
  /** The same with the generator like fsx; empty when it was not asked. */
  readonly control: readonly Hunted[];
  /** Whether fsx or xfs_io could show the smallest case. */
  readonly exportable: 'yes' | 'no' | 'unknown';
}

export const scoreOf = (bug: PlantedBug, hunts: readonly Hunted[], control: readonly Hunted[]): Score => ({
  id: bug.id,
  fault: bug.fault,
  hunter: bug.hunter,
  needs: bug.needs,
  known: knownSize(bug),
  hunts,
  control,
  // Whoever writes the exporter asks it here, with the smallest case.
  exportable: 'unknown',
});

export const isFound = ({ judge }: Hunted): boolean => judge !== null;

/** The value that `share` (0 .. 1) of the values do not exceed; null of none. The nearest rank, so it is one of them. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** How much longer than the smallest known sequence a case may be: half as much again, and one operation. */
export const isSmallEnough = (operations: number, known: number): boolean => operations <= 1.5 * known + 1;
