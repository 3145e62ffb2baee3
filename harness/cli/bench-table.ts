import type { Measured } from '../bench-record.ts';
import type { Result } from '../bench/measure.ts';
import { grouped } from './numbers.ts';

/** The limit that others are shares of. */
const LIMIT = 'memcpy';

/** What a contest came to: a block for each workload, a line for each subject, medians and the quartiles around them. */
export function benchTable({ measured, absent }: Result): string {
  const workloads = new Map<string, Measured[]>();
  for (const one of measured) workloads.set(one.workload, [...(workloads.get(one.workload) ?? []), one]);
  const blocks = [...workloads].map(([workload, entries]) => blockOf(workload, entries));
  const unknown = absent.map(({ subject, reason }) => `  ${subject}: unknown: ${reason}\n`);
  return [...blocks, ...unknown].join('');
}

function blockOf(workload: string, entries: readonly Measured[]): string {
  const [first] = entries;
  const size = first?.sizeBytes ?? null;
  const head = size === null ? workload : `${workload}, ${bytesText(size)} a call`;
  const medianOf = (subject: string): number | null => {
    const found = entries.find((one) => one.subject === subject);
    return found === undefined ? null : spread(found.samples).median;
  };
  const limit = medianOf(LIMIT);
  const lines = entries.map((one) => {
    const shareOf = one.subject === LIMIT ? null : limit;
    return `${lineOf(one, shareOf)}${multipleText(one, medianOf(one.multipleOf ?? ''))}`;
  });
  const [bufferHead, iomap] = [medianOf('buffer_head'), medianOf('iomap')];
  const series = first?.series ?? null;
  const beside = series === null ? '' : `; the series: ${series.toFixed(2)}`;
  if (bufferHead !== null && iomap !== null)
    lines.push(`  iomap / buffer_head ${(iomap / bufferHead).toFixed(2)}${beside}`);
  return `${head}\n${lines.join('\n')}\n`;
}

function lineOf({ subject, unit, samples }: Measured, limit: number | null): string {
  const { median, low, high } = spread(samples);
  const share = limit === null ? '' : `  ${((median / limit) * 100).toFixed(0)} % of ${LIMIT}`;
  const range = `(${numberText(low)} .. ${numberText(high)})`;
  return `  ${subject.padEnd(34)}${numberText(median).padStart(14)} ${unit}  ${range}${share}`;
}

/** How many times as much as the subject beside it. */
const multipleText = ({ multipleOf, samples }: Measured, of: number | null): string =>
  of === null || multipleOf === undefined
    ? ''
    : `  ${(spread(samples).median / of).toFixed(2)} x ${multipleOf}`;

const numberText = (value: number): string => (value < 100 ? value.toFixed(3) : grouped(value));

const bytesText = (bytes: number): string =>
  bytes >= 1 << 20 ? `${bytes / (1 << 20)} MiB` : bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} bytes`;

/** The median, and the first and last quartile. */
function spread(samples: readonly number[]): { median: number; low: number; high: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return below + (above - below) * (place - Math.floor(place));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}
