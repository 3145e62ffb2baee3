import { exactlySame } from '../model/index.ts';
import type {
  DeviceNumber,
  DirectoryEntry,
  FileExtent,
  Outcome,
  Run,
  Stat,
  Timestamp,
  Value,
  SameTime,
} from '../model/index.ts';
import { byteRows, statFields, timeText, type DifferenceDetail } from './difference-detail.ts';
import type { Uncompared } from './target.ts';
import { firstNonZero, firstStrayByte, streamBytes } from './content.ts';

/** How an observed outcome differs from the expected one. */
export interface Difference {
  /** What differs, coarse and stable, so that two failures can be called the same: `errno ENOENT/EEXIST`, `bytes`. */
  readonly what: string;
  readonly expected: string;
  readonly observed: string;
  /** The same as data, where it is bytes or attributes that differ. */
  readonly detail?: DifferenceDetail;
}

/** Null when `observed` is what the model expects. Cheap when equal, which is nearly always. */
export function difference(
  expected: Outcome,
  observed: Outcome,
  sameTime: SameTime = exactlySame,
  uncompared: ReadonlySet<Uncompared> = ALL_COMPARED,
): Difference | null {
  if (!expected.ok || !observed.ok) {
    const [left, right] = [answerOf(expected), answerOf(observed)];
    if (left === right) return null;
    return { what: `errno ${left}/${right}`, expected: describe(expected), observed: describe(observed) };
  }
  return valueDifference(expected.value, observed.value, sameTime, uncompared);
}

const ALL_COMPARED: ReadonlySet<Uncompared> = new Set();

const answerOf = (outcome: Outcome): string => (outcome.ok ? 'ok' : outcome.errno);

function valueDifference(
  expected: Value,
  observed: Value,
  sameTime: SameTime,
  uncompared: ReadonlySet<Uncompared>,
): Difference | null {
  switch (expected.kind) {
    case 'runs':
      return observed.kind === 'data'
        ? withDetail(runsDifference(expected.runs, observed.bytes), () => ({
            bytes: byteRows(expected.runs, observed.bytes),
          }))
        : otherKind(expected, observed);
    case 'count':
      if (observed.kind !== 'count') return otherKind(expected, observed);
      return plain('count', expected.count, observed.count);
    case 'text':
      if (observed.kind !== 'text') return otherKind(expected, observed);
      if (expected.text === observed.text) return null;
      return plain('text', JSON.stringify(expected.text), JSON.stringify(observed.text));
    case 'stat':
      return observed.kind === 'stat'
        ? withDetail(statDifference(expected.stat, observed.stat, sameTime, uncompared), () => ({
            fields: statFields(expected.stat, observed.stat, sameTime),
          }))
        : otherKind(expected, observed);
    case 'entries':
      if (observed.kind !== 'entries') return otherKind(expected, observed);
      return entriesDifference(expected.entries, observed.entries);
    case 'names':
      if (observed.kind !== 'names') return otherKind(expected, observed);
      return plain('names', expected.names.join(' '), observed.names.join(' '));
    case 'flags':
      if (observed.kind !== 'flags') return otherKind(expected, observed);
      return plain('flags', describeValue(expected), describeValue(observed));
    case 'data':
      if (observed.kind !== 'data') return otherKind(expected, observed);
      return plain('bytes', hex(expected.bytes), hex(observed.bytes));
    case 'extents':
      if (observed.kind !== 'extents') return otherKind(expected, observed);
      return plain('extents', describeValue(expected), describeValue(observed));
    case 'done':
    case 'space':
      return observed.kind === expected.kind ? null : otherKind(expected, observed);
  }
}

const otherKind = (expected: Value, observed: Value): Difference => ({
  what: `value ${expected.kind}/${observed.kind}`,
  expected: describeValue(expected),
  observed: describeValue(observed),
});

/** The detail is worked out only for what differs. */
const withDetail = (found: Difference | null, detail: () => DifferenceDetail): Difference | null =>
  found === null ? null : { ...found, detail: detail() };

function plain(what: string, expected: number | string, observed: number | string): Difference | null {
  if (expected === observed) return null;
  return { what, expected: String(expected), observed: String(observed) };
}

function statDifference(
  expected: Stat,
  observed: Stat,
  sameTime: SameTime,
  uncompared: ReadonlySet<Uncompared>,
): Difference | null {
  const same = uncompared.has('times') ? anyTime : sameTime;
  return (
    plain('type', expected.type, observed.type) ??
    plain('size', expected.size, observed.size) ??
    plain('device', deviceText(expected.device), deviceText(observed.device)) ??
    (expected.type === 'directory' && uncompared.has('directory links')
      ? null
      : plain('links', expected.links, observed.links)) ??
    plain('mode', expected.mode, observed.mode) ??
    plain('uid', expected.uid, observed.uid) ??
    plain('gid', expected.gid, observed.gid) ??
    timeDifference('atime', expected.atime, observed.atime, same) ??
    timeDifference('mtime', expected.mtime, observed.mtime, same) ??
    timeDifference('ctime', expected.ctime, observed.ctime, same)
  );
}

const anyTime = (): boolean => true;

function timeDifference(
  what: string,
  expected: Timestamp,
  observed: Timestamp,
  sameTime: SameTime,
): Difference | null {
  if (sameTime(expected, observed)) return null;
  return { what, expected: timeText(expected), observed: timeText(observed) };
}

const deviceText = (device: DeviceNumber | undefined): string =>
  device === undefined ? 'none' : `${device.major}:${device.minor}`;

function entriesDifference(
  expected: readonly DirectoryEntry[],
  observed: readonly DirectoryEntry[],
): Difference | null {
  const length = Math.max(expected.length, observed.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [expected[index], observed[index]];
    if (left !== undefined && left.name === right?.name && left.type === right.type) continue;
    return { what: 'entries', expected: describeEntries(expected), observed: describeEntries(observed) };
  }
  return null;
}

/** Compares what was read with what should have been, run by run. */
function runsDifference(runs: readonly Run[], bytes: Uint8Array): Difference | null {
  const length = lengthOf(runs);
  if (bytes.length !== length) return plain('length of data', `${length} bytes`, `${bytes.length} bytes`);
  let offset = 0;
  for (const run of runs) {
    const stray =
      run.kind === 'any'
        ? -1
        : run.kind === 'zeros'
          ? firstNonZero(bytes, offset, run.length)
          : firstStrayByte(bytes, offset, run.seed, run.start, run.length);
    if (stray >= 0) return strayDifference(run, offset, bytes, stray);
    offset += run.length;
  }
  return null;
}

export function lengthOf(runs: readonly Run[]): number {
  let length = 0;
  for (const run of runs) length += run.length;
  return length;
}

const SHOWN_BYTES = 8;

/** Names the first byte that differs, counted from where the read began, with a few bytes of both sides. */
function strayDifference(run: Run, runOffset: number, bytes: Uint8Array, stray: number): Difference {
  const shown = Math.min(SHOWN_BYTES, runOffset + run.length - stray);
  const found = bytes.subarray(stray, stray + shown);
  const expected =
    run.kind !== 'bytes'
      ? new Uint8Array(shown)
      : streamBytes(run.seed, run.start + stray - runOffset, shown);
  const zeros = found.every((byte) => byte === 0);
  const kind =
    run.kind === 'zeros' ? 'bytes where zeros belong' : zeros ? 'zeros where bytes belong' : 'other bytes';
  return {
    what: kind,
    expected: `at byte ${stray} of the data: ${hex(expected)} (${describeRun(run)})`,
    observed: `at byte ${stray} of the data: ${hex(found)}`,
  };
}

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1 ');

/** An outcome in a few words, as failure reports and histories show it. */
export function describe(outcome: Outcome): string {
  return outcome.ok ? describeValue(outcome.value) : outcome.errno;
}

function describeValue(value: Value): string {
  switch (value.kind) {
    case 'done':
      return 'ok';
    case 'count':
      return String(value.count);
    case 'data':
      return `${value.bytes.length} bytes`;
    case 'runs':
      return value.runs.length === 0 ? '0 bytes' : value.runs.map(describeRun).join(' + ');
    case 'text':
      return JSON.stringify(value.text);
    case 'stat':
      return describeStat(value.stat);
    case 'entries':
      return describeEntries(value.entries);
    case 'names':
      return `[${value.names.join(' ')}]`;
    case 'flags':
      return `[${value.flags.join(' ')}] project ${value.project}`;
    case 'extents':
      return `[${value.extents.map(describeExtent).join(', ')}]`;
    case 'space':
      return value.space === null ? 'some space' : JSON.stringify(value.space);
  }
}

const describeExtent = ({ offset, length, state }: FileExtent): string => `${offset}+${length} ${state}`;

function describeRun(run: Run): string {
  if (run.kind === 'any') return `${run.length} bytes of any kind`;
  if (run.kind === 'zeros') return `${run.length} zeros`;
  return `${run.length} bytes of content ${run.seed}${run.start === 0 ? '' : ` from ${run.start}`}`;
}

function describeStat(stat: Stat): string {
  const times = `atime ${timeText(stat.atime)} mtime ${timeText(stat.mtime)} ctime ${timeText(stat.ctime)}`;
  const mode = stat.mode.toString(8).padStart(4, '0');
  const type = stat.device === undefined ? stat.type : `${stat.type} ${deviceText(stat.device)}`;
  return `${type} ${mode} links ${stat.links} owner ${stat.uid}:${stat.gid} size ${stat.size} ${times}`;
}

const ENTRIES_SHOWN = 40;

function describeEntries(entries: readonly DirectoryEntry[]): string {
  const shown = entries
    .slice(0, ENTRIES_SHOWN)
    .map(({ name, type }) => (type === 'directory' ? `${name}/` : name));
  const more = entries.length > ENTRIES_SHOWN ? ` and ${entries.length - ENTRIES_SHOWN} more` : '';
  return `[${shown.join(' ')}${more}]`;
}
