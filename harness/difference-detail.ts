import type { DeviceNumber, Run, SameTime, Stat, Timestamp } from '../model/index.ts';
import { streamBytes } from './content.ts';

/** Sixteen bytes of which at least one is not what it should be; in hex, `..` where any byte will do. */
export interface ByteRow {
  /** Of the first byte, counted from where the read began. */
  readonly offset: number;
  readonly expected: string;
  readonly observed: string;
}

/** An attribute on both sides. */
export interface FieldDifference {
  readonly field: string;
  readonly expected: string;
  readonly observed: string;
}

/** A difference as data, so that a report can show both sides next to each other. */
export interface DifferenceDetail {
  /** The first rows that differ, and how many more there are. */
  readonly bytes?: { readonly rows: readonly ByteRow[]; readonly more: number };
  readonly fields?: readonly FieldDifference[];
}

const ROW_BYTES = 16;
const ROWS_MAX = 64;

/** The rows of what was read that differ from what the runs say; what one side has beyond the other differs, too. */
export function byteRows(runs: readonly Run[], observed: Uint8Array): NonNullable<DifferenceDetail['bytes']> {
  const rows: ByteRow[] = [];
  let more = 0;
  const length = Math.max(
    observed.length,
    runs.reduce((sum, run) => sum + run.length, 0),
  );
  const walk = new RunWalk(runs);
  for (let offset = 0; offset < length; offset += ROW_BYTES) {
    const expected = walk.next(Math.min(ROW_BYTES, length - offset));
    const found = observed.subarray(offset, offset + ROW_BYTES);
    if (expected.every((byte, index) => byte === null || byte === found[index])) continue;
    if (rows.length === ROWS_MAX) more++;
    else rows.push({ offset, expected: hexOf(expected), observed: hexOf(found) });
  }
  return { rows, more };
}

/** Goes through runs a row at a time. */
class RunWalk {
  readonly #runs: readonly Run[];
  #index = 0;
  #within = 0;

  constructor(runs: readonly Run[]) {
    this.#runs = runs;
  }

  /** The next bytes: null where any will do; fewer than asked for at the end. */
  next(length: number): (number | null)[] {
    const bytes: (number | null)[] = [];
    while (bytes.length < length) {
      const run = this.#runs[this.#index];
      if (run === undefined) break;
      const count = Math.min(length - bytes.length, run.length - this.#within);
      if (run.kind === 'bytes') bytes.push(...streamBytes(run.seed, run.start + this.#within, count));
      else bytes.push(...new Array<number | null>(count).fill(run.kind === 'zeros' ? 0 : null));
      this.#within += count;
      if (this.#within < run.length) continue;
      this.#index++;
      this.#within = 0;
    }
    return bytes;
  }
}

function hexOf(bytes: Iterable<number | null>): string {
  return Array.from(bytes, (byte) => (byte === null ? '..' : byte.toString(16).padStart(2, '0'))).join(' ');
}

/** Every attribute that differs. */
export function statFields(expected: Stat, observed: Stat, sameTime: SameTime): FieldDifference[] {
  const fields: FieldDifference[] = [];
  const compare = (field: string, left: string, right: string): void => {
    if (left !== right) fields.push({ field, expected: left, observed: right });
  };
  for (const field of ['type', 'size', 'links', 'uid', 'gid'] as const)
    compare(field, String(expected[field]), String(observed[field]));
  compare('mode', octal(expected.mode), octal(observed.mode));
  compare('device', deviceText(expected.device), deviceText(observed.device));
  for (const field of ['atime', 'mtime', 'ctime'] as const)
    if (!sameTime(expected[field], observed[field]))
      compare(field, timeText(expected[field]), timeText(observed[field]));
  return fields;
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const deviceText = (device: DeviceNumber | undefined): string =>
  device === undefined ? 'none' : `${device.major}:${device.minor}`;

export const timeText = ({ seconds, nanoseconds }: Timestamp): string =>
  `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
