import type { Handle, Model, Run, Stat } from '../../model/index.ts';
import { describe } from '../compare.ts';
import { streamBytes } from '../content.ts';
import type { FileView, RaceRules } from './atomicity.ts';
import { TIME_OF_RACE } from './program.ts';
import type { RaceEvent } from './race-target.ts';

/** A state on an order of all steps: `event` led to it, from the place before; null at the start. */
export interface Place {
  readonly model: Model;
  readonly event: RaceEvent | null;
}

export interface LookProblem {
  readonly what: string;
  readonly expected: string;
  readonly observed: string;
}

/** How much of a file is looked at, in bytes. */
const VIEW_BYTES = 1 << 16;

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

/** What there was to see while a call ran, in order: states, and between two of them the change that was going on. */
interface Window {
  readonly moments: readonly Moment[];
  /** Whether what is read later may be older, because steps lie between the parts of others. */
  readonly mixed: boolean;
}

interface Moment {
  /** What can be found in a block. */
  readonly views: readonly FileView[];
  readonly mayHaveSize: (size: number) => boolean;
  /** The smallest size that it may have. */
  readonly leastSize: number;
  readonly stats: readonly Stat[];
}

/**
 * The part of the path that a call may have seen. Steps that changed nothing of its file bound it on neither side: a
 * change of the file may have been half done all the while.
 */
function windowOf(
  { operation: look, invoked, returned }: RaceEvent,
  handle: Handle,
  path: readonly Place[],
  rules: RaceRules,
): Window {
  const sights = path.map(({ model }) => sightOf(model, handle));
  let first = 0;
  let last = path.length - 1;
  for (const [index, { event }] of path.entries()) {
    if (event === null || sameSight(sights[index - 1] ?? null, sights[index] ?? null)) continue;
    if (event.returned < invoked) first = index;
    if (event.invoked > returned) {
      last = index - 1;
      break;
    }
  }
  const moments: Moment[] = [];
  const mixed = path
    .slice(first, last + 1)
    .some(({ event }) => event !== null && rules.comesBetween(event.operation));
  for (let index = first; index <= last; index++) {
    const sight = sights[index] ?? null;
    const before = sights[index - 1] ?? null;
    const event = path[index]?.event ?? null;
    if (sight === null) continue;
    if (index > first && before !== null && event !== null) {
      const { view: from } = before;
      const { view: to } = sight;
      moments.push({
        views: rules.viewsDuring(event.operation, from, to, look),
        mayHaveSize: (size) => rules.sizeDuring(event.operation, size, from, to),
        leastSize: Math.min(from.size, to.size),
        stats: [before.stat, sight.stat],
      });
    }
    moments.push({
      views: [sight.view],
      mayHaveSize: (size) => size === sight.view.size,
      leastSize: sight.view.size,
      stats: [sight.stat],
    });
  }
  return { moments, mixed };
}

interface Sight {
  readonly view: FileView;
  readonly stat: Stat;
}

/** What a descriptor shows in a state of the model; null when it is not open there. */
function sightOf(model: Model, handle: Handle): Sight | null {
  const asked = model.clone();
  const stat = asked.step({ op: 'fstat', handle }, TIME_OF_RACE);
  const data = asked.step({ op: 'pread', handle, offset: 0, length: VIEW_BYTES }, TIME_OF_RACE);
  if (!stat.ok || stat.value.kind !== 'stat') return null;
  const runs = data.ok && data.value.kind === 'runs' ? data.value.runs : [];
  return { view: viewOf(runs, stat.value.stat.size), stat: stat.value.stat };
}

function viewOf(runs: readonly Run[], size: number): FileView {
  const bytes = new Uint8Array(runs.reduce((sum, { length }) => sum + length, 0));
  const open: { start: number; end: number }[] = [];
  let at = 0;
  for (const run of runs) {
    if (run.kind === 'bytes') bytes.set(streamBytes(run.seed, run.start, run.length), at);
    else if (run.kind === 'any') open.push({ start: at, end: at + run.length });
    at += run.length;
  }
  return { bytes, size, open };
}

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

function sameSight(left: Sight | null, right: Sight | null): boolean {
  if (left === null || right === null) return left === right;
  return (
    sameBytes(left.view.bytes, right.view.bytes) && JSON.stringify(left.stat) === JSON.stringify(right.stat)
  );
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
