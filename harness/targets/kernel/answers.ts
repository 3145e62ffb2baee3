import type { Stat } from '../../../model/index.ts';
import type { Area } from './area.ts';
import type { Frame } from './channel.ts';
import type { PerformerAnswer, PerformerValue } from './performer.ts';

/** What else there is to say of an answer, seldom. */
interface More {
  readonly halted: boolean;
  readonly heard?: readonly string[];
}

/** Where bytes lie in the area; with a word, those of a struct statx. */
type Place = readonly [start: number, length: number, what?: 'stat'];

/** One answer as it comes (guest/answers.py). Times are microseconds after `since`. */
export type Packed =
  | readonly [
      value: number | string | null | Place | PerformerValue,
      begun: number,
      ended: number,
      more?: More,
    ]
  | null;

interface PackedAnswers {
  readonly since: number;
  readonly from: number;
  readonly to: number;
  readonly answers: readonly Packed[];
}

const NOTHING = new Uint8Array(0);
const DONE = { kind: 'done' } as const;

/** What a frame brings: many answers of operations, or one of whatever else was asked. */
export interface Brought {
  readonly ofOperations: boolean;
  readonly answers: readonly PerformerAnswer[];
}

export function answersIn({ text, data }: Frame, area: Area): Brought {
  const message = JSON.parse(text) as PackedAnswers | Omit<PerformerAnswer, 'data'>;
  if (!('answers' in message)) return { ofOperations: false, answers: [{ ...message, data: NOTHING }] };
  const { since, from, to, answers } = message;
  const sent = to - from;
  if (sent > 0) area.put(data.subarray(0, sent), from);
  let position = sent;
  const found = answers.map((packed) => {
    const bytes = data.subarray(position, position + lengthBehind(packed));
    position += bytes.length;
    return answerOf(packed, since, area, bytes);
  });
  return { ofOperations: true, answers: found };
}

/** How many of the bytes behind the text are this answer's. */
function lengthBehind(packed: Packed): number {
  const value = packed === null ? null : packed[0];
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'data'
    ? value.length
    : 0;
}

/** What one answer says; `data` are bytes that came along. */
export function answerOf(
  packed: Packed,
  since: number,
  area: Area,
  data: Uint8Array = NOTHING,
): PerformerAnswer {
  if (packed === null) return { skipped: true, data };
  const [value, begun, ended, more] = packed;
  const window: [number, number] = [since + begun, since + ended];
  if (value === null) return { value: DONE, window, ...more, data };
  if (typeof value === 'number') return { value: { kind: 'count', count: value }, window, ...more, data };
  if (typeof value === 'string') return { errno: value, window, ...more, data };
  if ('kind' in value) return { value, window, ...more, data };
  const [start, length, what] = value;
  const bytes = area.bytes(start, length);
  if (what === 'stat') return { value: { kind: 'stat', stat: statIn(bytes) }, window, ...more, data };
  return { value: { kind: 'data', length }, window, ...more, data: bytes };
}

const HIGH = 2 ** 32;

/** A struct statx (statx(2)), of which the first bytes are there. */
function statIn(bytes: Buffer): Stat {
  const mode = bytes.readUInt16LE(28);
  const type = TYPES[mode >> 12] ?? 'file';
  const time = (at: number): Stat['atime'] => ({
    seconds: bytes.readUInt32LE(at) + bytes.readInt32LE(at + 4) * HIGH,
    nanoseconds: bytes.readUInt32LE(at + 8),
  });
  const stat = {
    type,
    mode: mode & 0o7777,
    links: bytes.readUInt32LE(16),
    uid: bytes.readUInt32LE(20),
    gid: bytes.readUInt32LE(24),
    // How large a directory is, is the affair of whoever stores it.
    size: type === 'directory' ? 0 : bytes.readUInt32LE(40) + bytes.readUInt32LE(44) * HIGH,
    atime: time(64),
    mtime: time(112),
    ctime: time(96),
  };
  if (type !== 'character-device' && type !== 'block-device') return stat;
  return { ...stat, device: { major: bytes.readUInt32LE(128), minor: bytes.readUInt32LE(132) } };
}

/** S_IFMT, shifted. */
const TYPES: Readonly<Record<number, Stat['type']>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};
