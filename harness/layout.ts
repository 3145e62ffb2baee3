import type { FileExtent, Operation, Path } from '../model/index.ts';
import type { Lane, Participant, StepContext } from './lockstep.ts';
import { fails, type FailedVerdict } from './verdict.ts';

/** Bytes: beyond what any file has. */
const WHOLE_FILE = 2 ** 50;

/** From the first byte to before the second. */
type Range = readonly [start: number, end: number];

/**
 * Which ranges of each file have blocks after a sync must be the same on all that share a format, and with it how many blocks its
 * bytes take. Where the blocks lie is each one's own affair, and so is which are unwritten: that hangs on what was written back
 * together. Contents in inodes have no blocks.
 */
export async function compareLayouts(lane: Lane, context: StepContext): Promise<FailedVerdict | null> {
  if (lane.layoutsOpen) return null;
  const alike = lane.participants.filter(({ target: { capabilities } }) => capabilities.images);
  const [first, ...others] = alike;
  if (first === undefined || others.length === 0) return null;
  for (const [path, { stat }] of lane.model.tree()) {
    if (stat.type !== 'file') continue;
    const expected = await mappedRanges(first, path, context);
    for (const other of others) {
      const observed = await mappedRanges(other, path, context);
      if (expected === null || observed === null || textOf(expected) === textOf(observed)) continue;
      return layoutDiffers(first, other, path, context, textOf(expected), textOf(observed));
    }
  }
  return null;
}

/**
 * Whether ranges are the same for all behind these operations. A store finds places for all of the folio that it falls into, and a
 * write of which memory ends half-way has found them for more than it copied: how large folios are nobody promises.
 */
export const promisesLayouts = (operations: readonly Operation[]): boolean =>
  operations.every((operation) => operation.op !== 'store' && !('faultAt' in operation));

/** Null where nobody can say: somebody who may not open the file looks, or it lies in its inode. */
async function mappedRanges(
  { session }: Participant,
  path: Path,
  { now }: StepContext,
): Promise<Range[] | null> {
  const operation: Operation = { op: 'fiemap', path, offset: 0, length: WHOLE_FILE, sync: true };
  const outcome = await session.apply(operation, now);
  if (!outcome.ok || outcome.value.kind !== 'extents') return null;
  const { extents } = outcome.value;
  return extents.some(({ state }) => state === 'inline') ? null : joined(extents);
}

function joined(extents: readonly FileExtent[]): Range[] {
  const ranges: [number, number][] = [];
  for (const { offset, length } of extents) {
    const last = ranges.at(-1);
    if (last?.[1] === offset) last[1] += length;
    else ranges.push([offset, offset + length]);
  }
  return ranges;
}

const textOf = (ranges: readonly Range[]): string =>
  ranges.length === 0 ? 'nothing' : ranges.map(([start, end]) => `${start}..${end}`).join(' ');

function layoutDiffers(
  first: Participant,
  other: Participant,
  path: Path,
  { step, stage }: StepContext,
  expected: string,
  observed: string,
): FailedVerdict {
  return fails(
    { kind: 'space', target: other.name, step, operation: null, detail: 'ranges with blocks' },
    {
      summary: `${other.name} has blocks in other ranges of ${path} than ${first.name} ${stage}`,
      expected: `${expected} (${first.name})`,
      observed: `${observed} (${other.name})`,
    },
  );
}
