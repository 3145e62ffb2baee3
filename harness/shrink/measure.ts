import type { Operation } from '../../model/index.ts';

/**
 * How hard operations are for a reader, for two sequences of the same length: the sum over all arguments. Strictly
 * smaller is what a pass must reach, so no sequence of accepted candidates goes round in circles.
 */
export function weightOf(operations: readonly Operation[]): number {
  let weight = 0;
  for (const operation of operations) weight += weightOfOperation(operation);
  return weight;
}

/** Whether `candidate` has fewer operations than `current`, or as many that are lighter. */
export function isSmaller(candidate: readonly Operation[], current: readonly Operation[]): boolean {
  if (candidate.length !== current.length) return candidate.length < current.length;
  return weightOf(candidate) < weightOf(current);
}

/** Some operations do more than others; those that do least explain most. */
const HEAVY: Readonly<Partial<Record<Operation['op'], number>>> = {
  remount: 30,
  'drop-caches': 20,
  sync: 15,
  fdatasync: 12,
  fsync: 10,
  seek: 10,
  write: 5,
  read: 5,
  store: 8,
  load: 8,
  ftruncate: 2,
  fstat: 2,
  fallocate: 5,
};

/** What an alignment that is missing costs: more than a few halvings, for a whole number of blocks says more. */
const UNALIGNED = [
  { unit: 4096, cost: 2 },
  { unit: 1024, cost: 3 },
  { unit: 512, cost: 3 },
] as const;

/** The letters of a text that count; with the scale they weigh less than one letter more does. */
const LETTERS_WEIGHED = 32;
const LETTER_SCALE = 1 << 22;

function weightOfOperation(operation: Operation): number {
  let weight = HEAVY[operation.op] ?? 0;
  for (const [key, value] of Object.entries(operation))
    if (key !== 'op') weight += weightOfArgument(key, value);
  return weight;
}

function weightOfArgument(key: string, value: unknown): number {
  switch (key) {
    case 'handle':
    case 'mapping':
    case 'as':
      return 0.01 * numberOfName(String(value));
    case 'seed':
      return 0.01 * Number(value);
    case 'mode':
      return value === 0o644 || value === 0o755 ? 0 : value === 0 ? 1 : 2;
    case 'access':
      return value === 'read-write' ? 0 : 1;
    case 'uid':
    case 'gid':
      return value === -1 ? 0 : value === 0 ? 1 : 2;
    case 'atime':
    case 'mtime':
      return weightOfTime(value);
  }
  if (typeof value === 'number') return weightOfNumber(value);
  if (typeof value === 'string') return weightOfText(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'object' || value === null) return 1;
  let weight = 0;
  for (const [inner, part] of Object.entries(value)) weight += weightOfArgument(inner, part);
  return weight;
}

/** Descriptors and mappings are counted: `fd3`, `map0`. */
const numberOfName = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);

/** By length; short texts of one length by their letters, so that names begin with the alphabet. */
function weightOfText(text: string): number {
  let weight = text.length;
  for (let index = 0; index < text.length && index < LETTERS_WEIGHED; index++) {
    weight += text.charCodeAt(index) / LETTER_SCALE;
  }
  return weight;
}

/** omit, then now, then the epoch, then what has a part that is not zero. */
function weightOfTime(value: unknown): number {
  if (value === 'omit') return 0;
  if (value === 'now') return 1;
  const { seconds, nanoseconds } = value as { seconds: number; nanoseconds: number };
  return 2 + (seconds === 0 ? 0 : 1) + (nanoseconds === 0 ? 0 : 1);
}

/** By magnitude and alignment. */
export function weightOfNumber(value: number): number {
  if (value === 0) return 0;
  const magnitude = Math.abs(value);
  let weight = 1 + Math.log2(magnitude);
  if (magnitude > 1) for (const { unit, cost } of UNALIGNED) if (magnitude % unit !== 0) weight += cost;
  return value < 0 ? weight + 1 : weight;
}
