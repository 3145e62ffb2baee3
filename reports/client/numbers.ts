/** `12345` as `12,345`, with at most so many digits behind the point. */
export const grouped = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits });

/** Short enough for a cell: `1.2k`, `3M`. */
export function short(value: number): string {
  if (value < 10) return String(Math.round(value * 10) / 10);
  if (value < 1000) return String(Math.round(value));
  if (value < 1e6) return `${(value / 1e3).toPrecision(value < 1e4 ? 2 : 3)}k`;
  return `${(value / 1e6).toPrecision(value < 1e7 ? 2 : 3)}M`;
}

/** Bytes in the largest unit that divides them. */
export function bytesText(bytes: number): string {
  if (bytes !== 0 && bytes % 2 ** 20 === 0) return `${grouped(bytes / 2 ** 20)} MiB`;
  if (bytes !== 0 && bytes % 2 ** 10 === 0) return `${grouped(bytes / 2 ** 10)} KiB`;
  return `${grouped(bytes)} B`;
}

/** Milliseconds, for a person. */
export function timeText(ms: number): string {
  if (ms < 1000) return `${grouped(ms)} ms`;
  if (ms < 120_000) return `${grouped(ms / 1000, 1)} s`;
  return `${grouped(ms / 60_000, 1)} min`;
}

export const plural = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
