import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers for an option. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
  };
}

/** Where randomness starts: 32 bits, which is what the generators keep of it. */
export const seedNumber = wholeNumber(-(2 ** 31), 2 ** 31 - 1);

/** A parser of positive numbers, fractions allowed. */
export function positiveNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= most) return value;
    throw new InvalidArgumentError(`expected a number above 0, at most ${most}.`);
  };
}

/** `12345` as `12,345`. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Milliseconds as seconds with one digit. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A count with its noun. */
export const plural = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
