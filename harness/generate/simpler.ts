import type { Operation, OpenFlags, SetTime } from '../../model/index.ts';
import { simplerMetadata } from './simpler-metadata.ts';
import { simplerTransfers } from './simpler-transfers.ts';

/** Sizes at which something begins: numbers shrink to the nearest of them before they shrink to anything else. */
const ROUND = [4096, 2048, 1024, 512] as const;

/** Where halving ends up, with what lies one off: most limits are of that kind. */
const HALVINGS_MAX = 20;

/**
 * Simpler numbers than `value`, the simplest first: 0 and 1, multiples of block sizes, then by halving ever nearer to
 * it. Negative numbers become -1. Each is nearer to zero than `value`.
 */
export function simplerNumbers(value: number): number[] {
  if (value <= 0) return value < -1 ? [0, -1] : value === -1 ? [0] : [];
  const found = new Set<number>([0, 1]);
  for (const unit of ROUND) {
    found.add(unit);
    found.add(value - (value % unit));
  }
  let distance = Math.floor(value / 2);
  for (let count = 0; distance > 0 && count < HALVINGS_MAX; count++) {
    found.add(value - distance);
    distance = Math.floor(distance / 2);
  }
  found.add(value - 1);
  return [...found].filter((number) => number >= 0 && number < value);
}

/**
 * Operations of the same kind with one simpler argument, the greatest steps first. Paths and handles stay.
 * `simpler` says what is simpler than a number of bytes.
 */
export function* simplerOperations(
  operation: Operation,
  simpler: (bytes: number) => number[] = simplerNumbers,
): Generator<Operation, void> {
  switch (operation.op) {
    case 'open':
      for (const flags of fewerFlags(operation.flags)) yield { ...operation, flags };
      if (operation.access !== 'read-write') yield { ...operation, access: 'read-write' };
      if (operation.mode !== 0o644) yield { ...operation, mode: 0o644 };
      return;
    case 'mkdir':
      if (operation.mode !== 0o755) yield { ...operation, mode: 0o755 };
      return;
    case 'chmod':
      for (const mode of [0o644, 0])
        if (operation.mode !== mode && operation.mode !== 0) yield { ...operation, mode };
      return;
    case 'truncate':
    case 'ftruncate':
      for (const size of simpler(operation.size)) yield { ...operation, size };
      return;
    case 'chown':
      for (const uid of simplerId(operation.uid)) yield { ...operation, uid };
      for (const gid of simplerId(operation.gid)) yield { ...operation, gid };
      return;
    case 'utimens':
      for (const atime of simplerTimes(operation.atime)) yield { ...operation, atime };
      for (const mtime of simplerTimes(operation.mtime)) yield { ...operation, mtime };
      return;
    default:
      yield* simplerTransfers(operation, simpler);
      yield* simplerMetadata(operation, simpler);
  }
}

function* fewerFlags(flags: OpenFlags): Iterable<OpenFlags> {
  const set = Object.keys(flags) as (keyof OpenFlags)[];
  if (set.length > 1) yield flags.create === true ? { create: true } : {};
  for (const dropped of set) {
    yield Object.fromEntries(set.filter((flag) => flag !== dropped).map((flag) => [flag, true]));
  }
}

/** -1 changes nothing, which is the least that can be asked for. */
function simplerId(id: number): number[] {
  if (id === -1) return [];
  return id === 0 ? [-1] : [-1, 0];
}

const EPOCH: SetTime = { seconds: 0, nanoseconds: 0 };

function simplerTimes(time: SetTime): SetTime[] {
  if (time === 'omit') return [];
  if (time === 'now') return ['omit'];
  const { seconds, nanoseconds } = time;
  const simpler: SetTime[] = ['omit', 'now'];
  if (seconds !== 0 && nanoseconds !== 0)
    simpler.push(EPOCH, { seconds, nanoseconds: 0 }, { seconds: 0, nanoseconds });
  else if (seconds !== 0 || nanoseconds !== 0) simpler.push(EPOCH);
  return simpler;
}
