import type { Frame } from './frames.fixture.ts';

/** What the performer in guest/ answers (answers.py), as far as our programs ask. */

interface Stamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface KernelStat {
  readonly type: string;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly atime: Stamp;
  readonly mtime: Stamp;
}

interface KernelExtent {
  readonly offset: number;
  readonly length: number;
  readonly flags: number;
}

/** A number that was counted, `done`, the name of what was wrong, or a value of some kind. */
export type KernelAnswer =
  | number
  | string
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'stat'; readonly stat: KernelStat }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'truths'; readonly truths: readonly boolean[] }
  | { readonly kind: 'list'; readonly list: readonly unknown[] }
  | { readonly kind: 'entries'; readonly entries: readonly { readonly name: string }[] }
  | { readonly kind: 'extents'; readonly extents: readonly KernelExtent[] };

type Packed =
  null | readonly [start: number, length: number, what?: 'stat'] | { readonly kind: 'data' } | KernelAnswer;

/** The answer of a frame that has one; its bytes, wherever they would be, are the frame's. */
export function onlyAnswerIn({ message, data }: Frame): KernelAnswer {
  const { answers } = message as { readonly answers: readonly (readonly [Packed])[] };
  const [value] = answers[0] ?? [undefined];
  if (value === undefined) throw new Error(`the performer answered ${JSON.stringify(message)}`);
  if (value === null) return 'done';
  if (Array.isArray(value)) {
    const [, , what] = value as readonly [number, number, 'stat'?];
    return what === 'stat' ? { kind: 'stat', stat: statIn(data) } : { kind: 'data', bytes: data };
  }
  if (typeof value === 'object' && 'kind' in value && value.kind === 'data')
    return { kind: 'data', bytes: data };
  return value as KernelAnswer;
}

/** S_IFMT, shifted. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** The beginning of a struct statx (statx(2)). */
function statIn(bytes: Uint8Array): KernelStat {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = (at: number): number => view.getUint32(at, true);
  const time = (at: number): Stamp => ({
    seconds: Number(view.getBigInt64(at, true)),
    nanoseconds: number(at + 8),
  });
  const mode = view.getUint16(28, true);
  const type = TYPES[mode >> 12] ?? 'unknown';
  return {
    type,
    mode: mode & 0o7777,
    links: number(16),
    uid: number(20),
    gid: number(24),
    size: Number(view.getBigUint64(40, true)),
    ...(type.endsWith('device') && { device: { major: number(128), minor: number(132) } }),
    atime: time(64),
    mtime: time(112),
  };
}
