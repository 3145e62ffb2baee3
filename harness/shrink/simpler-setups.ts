import type { SetupFormat } from '../format.ts';
import { FORMAT_DIMENSIONS } from '../generate/format-choices.ts';
import { simplerNumbers } from '../generate/simpler.ts';
import {
  DEFAULT_SETUP,
  SMALLEST_BYTES,
  type BlockSize,
  type DeviceTrouble,
  type NumberSpan,
  type Setup,
  type SetupMount,
} from '../setup.ts';

/**
 * Setups that are nearer to the usual one, the boldest steps first: the usual one itself, then one thing after the other. What a reader
 * need not think about should not be there: a setup that says `inline_data` says that it matters. `atime` stays, for it is usual only for who
 * asked for it. Not every setup can be made (a feature may need another), so a candidate that does not start is none.
 */
export function* simplerSetups(setup: Setup): Generator<Setup> {
  const { blockSize, format, trouble, mount } = setup;
  yield usual(mount);
  if (trouble !== undefined) yield withoutPart(setup, 'trouble');
  for (const simpler of simplerMounts(mount)) yield { ...setup, mount: simpler };
  if (format !== undefined) {
    yield withoutPart(setup, 'format');
    for (const simpler of simplerFormats(format))
      if (Object.keys(simpler).length > 0) yield { ...setup, format: simpler };
  }
  if (blockSize !== DEFAULT_SETUP.blockSize) yield withBlocks(setup, DEFAULT_SETUP.blockSize);
  if (setup.sizeBytes !== usualBytes(blockSize)) yield { ...setup, sizeBytes: usualBytes(blockSize) };
  for (const part of ['inodes', 'inspectEvery', 'writesZeroes', 'logLeft'] as const)
    if (setup[part] !== undefined) yield withoutPart(setup, part);
  if (trouble !== undefined)
    for (const simpler of simplerTroubles(trouble)) yield { ...setup, trouble: simpler };
}

/** The simplest setup that `stillFails` says yes of, one step after the other; the given one when there is none. */
export async function simplifySetup(
  setup: Setup,
  stillFails: (candidate: Setup) => Promise<boolean>,
): Promise<Setup> {
  const tried = new Set([keyOf(setup)]);
  let best = setup;
  for (let before: Setup | null = null; before !== best;) {
    before = best;
    for (const candidate of simplerSetups(best)) {
      const key = keyOf(candidate);
      if (tried.has(key)) continue;
      tried.add(key);
      if (!(await stillFails(candidate))) continue;
      best = candidate;
      break;
    }
  }
  return best;
}

/** Equal for equal setups, in whatever order their parts were put in. */
const keyOf = (setup: Setup): string =>
  JSON.stringify(setup, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );

const usual = ({ atime }: SetupMount): Setup => ({
  ...DEFAULT_SETUP,
  mount: { ...DEFAULT_SETUP.mount, atime },
});

const usualBytes = (blockSize: BlockSize): number =>
  Math.max(DEFAULT_SETUP.sizeBytes, SMALLEST_BYTES[blockSize]);

/** Blocks of the usual size, on a device that can hold a file system of them. */
const withBlocks = (setup: Setup, blockSize: BlockSize): Setup => ({
  ...setup,
  blockSize,
  sizeBytes: Math.max(setup.sizeBytes, SMALLEST_BYTES[blockSize]),
});

const withoutPart = <T extends object>(whole: T, part: keyof T): T =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name !== part)) as T;

/** The usual options at once, then each by itself. data=journal is not together with the others. */
function* simplerMounts(mount: SetupMount): Generator<SetupMount> {
  const { delalloc, dioreadNolock } = DEFAULT_SETUP.mount;
  if (mount.data !== undefined || mount.dax === true) yield { ...usual(mount).mount };
  if (mount.dax === true) yield withoutPart(mount, 'dax');
  if (mount.data !== undefined) yield withoutPart(mount, 'data');
  if (mount.dataErr !== undefined) yield withoutPart(mount, 'dataErr');
  if (mount.delalloc !== delalloc) yield { ...mount, delalloc };
  if (mount.dioreadNolock !== dioreadNolock) yield { ...mount, dioreadNolock };
}

/** Without one of the answers that formats are drawn from, which each make sense alone; then without any part of it. */
function* simplerFormats(format: SetupFormat): Generator<SetupFormat> {
  for (const { choices } of FORMAT_DIMENSIONS)
    for (const choice of choices)
      if (holds(format, choice.format)) yield withoutChoice(format, choice.format);
  for (const part of Object.keys(format) as (keyof SetupFormat)[]) yield withoutPart(format, part);
  for (const feature of format.features ?? []) yield withoutFeatures(format, [feature]);
}

/** All but the features. */
const partsOf = (format: SetupFormat): [keyof SetupFormat, unknown][] =>
  (Object.entries(format) as [keyof SetupFormat, unknown][]).filter(([part]) => part !== 'features');

const holds = (format: SetupFormat, choice: SetupFormat): boolean =>
  (choice.features ?? []).every((word) => format.features?.includes(word)) &&
  partsOf(choice).every(([part, value]) => format[part] === value);

const withoutChoice = (format: SetupFormat, choice: SetupFormat): SetupFormat =>
  partsOf(choice).reduce(
    (rest, [part]) => withoutPart(rest, part),
    withoutFeatures(format, choice.features ?? []),
  );

function withoutFeatures(format: SetupFormat, words: readonly string[]): SetupFormat {
  const features = format.features?.filter((word) => !words.includes(word)) ?? [];
  return features.length > 0 ? { ...format, features } : withoutPart(format, 'features');
}

/** Less goes wrong, sooner, and it is all the same how long. */
function* simplerTroubles(trouble: DeviceTrouble): Generator<DeviceTrouble> {
  const { reads, writes, endsAt } = trouble;
  for (const part of ['reads', 'writes', 'endsAt'] as const)
    if (trouble[part] !== undefined && Object.keys(trouble).length > 1) yield withoutPart(trouble, part);
  if (trouble.operationsAfter !== undefined) yield withoutPart(trouble, 'operationsAfter');
  if (reads !== undefined) for (const span of simplerSpans(reads)) yield { ...trouble, reads: span };
  if (writes !== undefined) for (const span of simplerSpans(writes)) yield { ...trouble, writes: span };
  if (endsAt !== undefined) for (const sector of simplerNumbers(endsAt)) yield { ...trouble, endsAt: sector };
}

/** One transfer fails instead of many, and an earlier one. */
function* simplerSpans({ from, to }: NumberSpan): Generator<NumberSpan> {
  if (to > from + 1) yield { from, to: from + 1 };
  for (const earlier of simplerNumbers(from)) yield { from: earlier, to: earlier + (to - from) };
}
