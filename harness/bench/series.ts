/**
 * What the patch series reports (its cover letter; two-paths.md, section 5): iomap's rate over buffer_head's, by bytes of a call.
 * Reads are equal within noise there, but for those of a MiB from holes.
 */
const SERIES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'buffered write, cached': { 1024: 0.95, 4096: 1.02, 65536: 1.5, 1048576: 1.59 },
  'buffered write, uncached': { 1024: 1.57, 4096: 1.04, 65536: 1.39, 1048576: 1.53 },
  'buffered read, hole': { 1048576: 1.11 },
};

/** The ratio in the series; null where it says nothing. */
export const seriesRatio = (workload: string, sizeBytes: number | null): number | null =>
  sizeBytes === null ? null : (SERIES[workload]?.[sizeBytes] ?? null);
