import type { Stat } from '../../model/index.ts';
import { describe } from '../compare.ts';
import type { FileView, RaceRules } from './atomicity.ts';
import { TIME_OF_RACE } from './program.ts';
import type { RaceEvent } from './race-target.ts';
import { sameBytes, sightOf, type Place } from './sight.ts';
import { windowOf, type Moment, type Window } from './window.ts';

export interface LookProblem {
  readonly what: string;
  readonly expected: string;
  readonly observed: string;
}

/** Why a read or stat cannot have seen what it did, anywhere between its call and its return; null when it can. */
export function lookProblem(event: RaceEvent, path: readonly Place[], rules: RaceRules): LookProblem | null {
  const { operation, outcome } = event;
  if (!outcome.ok && rules.mayFail(operation, outcome.errno)) return null;
  if (operation.op === 'pread') {
    if (!outcome.ok || outcome.value.kind !== 'data') return exactProblem(event, path);
    const window = windowOf(event, operation.handle, path, rules);
    return readProblem(operation, outcome.value.bytes, window, rules.granule);
  }
  if (operation.op === 'fstat') {
    if (!outcome.ok || outcome.value.kind !== 'stat') return exactProblem(event, path);
    const later = path.flatMap(({ model }) => sightOf(model, operation.handle)?.stat ?? []);
    const window = windowOf(event, operation.handle, path, rules);
    return statProblem(outcome.value.stat, window, (field) => (rules.runsAhead(field) ? later : []));
  }
  throw new Error(`nobody knows how ${operation.op} looks`);
}

/** What failed must fail so in some state of the window. */
function exactProblem({ operation, outcome }: RaceEvent, path: readonly Place[]): LookProblem | null {
  const expected = path.map(({ model }) => model.clone().step(operation, TIME_OF_RACE));
  const same = expected.some((one) => !one.ok && !outcome.ok && one.errno === outcome.errno);
  if (same) return null;
  return {
    what: `errno of ${operation.op}`,
    expected: [...new Set(expected.map(describe))].join(' or '),
    observed: describe(outcome),
  };
}

/** Block by block, from the first to the last: each as it was at a moment, none older than the one before (rule 2). */
function readProblem(
  { offset, length }: { readonly offset: number; readonly length: number },
  bytes: Uint8Array,
  { moments, mixed }: Window,
  granule: number,
): LookProblem | null {
  let moment = 0;
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + granule - ((offset + start) % granule));
    const seen = bytes.subarray(start, end);
    const found = moments.findIndex(
      ({ views }, index) => index >= moment && views.some((view) => shows(view, offset + start, seen)),
    );
    if (found < 0) return unexplainedBlock(offset + start, seen, moments, moment);
    if (!mixed) moment = found;
    start = end;
  }
  if (bytes.length === length) return null;
  const end = offset + bytes.length;
  const ends = moments
    .slice(moment)
    .some(
      ({ mayHaveSize, leastSize }) =>
        mayHaveSize(end) || (leastSize <= end && (end % granule === 0 || bytes.length === 0)),
    );
  if (ends) return null;
  return {
    what: 'length of data',
    expected: `an end of the file at ${sizesOf(moments.slice(moment)).join(' or ')}`,
    observed: `${bytes.length} bytes from ${offset}`,
  };
}

function shows({ bytes, size, open }: FileView, offset: number, seen: Uint8Array): boolean {
  if (offset + seen.length > size) return false;
  const there = bytes.subarray(offset, offset + seen.length);
  if (sameBytes(there, seen)) return true;
  if (open.length === 0) return false;
  const isOpen = (at: number): boolean => open.some(({ start, end }) => at >= start && at < end);
  return seen.every((byte, index) => byte === there[index] || isOpen(offset + index));
}

const sizesOf = (moments: readonly Moment[]): number[] => [
  ...new Set(moments.flatMap(({ views }) => views.map(({ size }) => size))),
];

function unexplainedBlock(
  at: number,
  seen: Uint8Array,
  moments: readonly Moment[],
  from: number,
): LookProblem {
  const views = moments.slice(from).flatMap(({ views: each }) => each);
  const permitted = views.map(({ bytes, size }) =>
    at >= size ? 'nothing, as the file ends before' : shown(bytes.subarray(at, at + seen.length)),
  );
  const older = moments.slice(0, from).some(({ views: each }) => each.some((view) => shows(view, at, seen)));
  const zeros = seen.every((byte) => byte === 0);
  return {
    what: older ? 'an older block behind a newer one' : zeros ? 'zeros' : 'bytes that nobody wrote',
    expected: `at ${at}: ${[...new Set(permitted)].join(', or ')}`,
    observed: `at ${at}: ${shown(seen)}`,
  };
}

const SHOWN_BYTES = 8;

const shown = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes.subarray(0, SHOWN_BYTES))
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1 ')}${bytes.length > SHOWN_BYTES ? ' …' : ''} (${bytes.length} bytes)`;

/** Field by field (rule 5). */
function statProblem(
  seen: Stat,
  { moments }: Window,
  laterOf: (field: keyof Stat) => readonly Stat[],
): LookProblem | null {
  const stats = moments.flatMap((moment) => moment.stats);
  for (const field of Object.keys(seen) as (keyof Stat)[]) {
    const wanted = JSON.stringify(seen[field]);
    const known =
      field === 'size'
        ? moments.some(({ mayHaveSize }) => mayHaveSize(seen.size))
        : [...stats, ...laterOf(field)].some((stat) => JSON.stringify(stat[field]) === wanted);
    if (known) continue;
    const expected = [...new Set(stats.map((stat) => JSON.stringify(stat[field])))].join(' or ');
    return { what: `${field} of fstat`, expected, observed: wanted };
  }
  return null;
}
