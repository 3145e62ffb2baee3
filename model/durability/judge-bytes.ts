import type { Path } from '../operation.ts';
import type { FileImage, FileImages } from './file-images.ts';
import type { FilePast } from './file-past.ts';
import { mayShowStale, ordersReplacement, ordersTail } from './rules.ts';
import type { DurabilityProblem } from './recovered-tree.ts';

/** A stretch of a file of which the same versions may be seen. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  /** The oldest version that a byte may have. */
  readonly oldest: number;
}

/** Whether every byte is one that the file may have after the power cut (rules 9 to 14); null when it is. */
export function judgeBytes(
  past: FilePast,
  path: Path,
  found: Uint8Array,
  images: FileImages,
): DurabilityProblem | null {
  for (const stretch of stretchesOf(past, found.length)) {
    const judge = new StretchJudge(past, stretch, images);
    const offset = judge.firstWrong(found);
    if (offset < 0) continue;
    return { what: 'bytes', path, offset, words: judge.words(path, found, offset) };
  }
  return null;
}

function stretchesOf(past: FilePast, length: number): Stretch[] {
  const places = [...boundsOf(past)].flatMap(({ start, end }) => [start, end]);
  const ends = [...new Set([0, ...places, length])].filter((place) => place >= 0 && place <= length);
  ends.sort((left, right) => left - right);
  return ends.slice(1).map((end, index) => {
    const start = ends[index] ?? 0;
    return { start, end, oldest: oldestAt(past, start) };
  });
}

interface Bound {
  readonly version: number;
  readonly start: number;
  readonly end: number;
}

/** From which version on bytes of a range are not older. */
function* boundsOf(past: FilePast): Generator<Bound> {
  yield* past.acknowledgements();
  const { blockBytes } = past.mode;
  for (let version = past.version; version > past.created; version--) {
    const destroyed = past.facts(version)?.destroyed ?? null;
    if (destroyed === null || destroyed.inode !== past.id) continue;
    const { start, end, cut } = destroyed;
    const whole = Math.ceil(start / blockBytes) * blockBytes;
    if (cut) yield { version, start: ordersTail(past.mode) ? start : whole, end };
    else if (Math.floor(end / blockBytes) * blockBytes > whole)
      yield { version, start: whole, end: Math.floor(end / blockBytes) * blockBytes };
  }
}

function oldestAt(past: FilePast, offset: number): number {
  let oldest = past.created;
  for (const { version, start, end } of boundsOf(past))
    if (offset >= start && offset < end) oldest = Math.max(oldest, version);
  return oldest;
}

class StretchJudge {
  readonly #past: FilePast;
  readonly #stretch: Stretch;
  /** What the bytes may be, newest first; each different image once, with the oldest of its versions. */
  readonly #images: readonly FileImage[];
  /** How far from its place a byte may lie, because something moved it. */
  readonly #shifts: readonly number[];

  constructor(past: FilePast, stretch: Stretch, images: FileImages) {
    this.#past = past;
    this.#stretch = stretch;
    const [from, to] = this.#versions();
    const seen = new Set<FileImage>();
    for (let version = to; version >= from; version--) {
      const contents = past.at(version)?.contents ?? null;
      if (contents !== null) seen.add(images.of(contents));
    }
    this.#images = [...seen];
    this.#shifts = shiftsOf(past, from, to);
  }

  /** The offset of the first byte that may not be there; -1 when all may. */
  firstWrong(found: Uint8Array): number {
    const { start, end } = this.#stretch;
    if (this.#images.some((image) => sameRange(image, found, start, end))) return -1;
    for (let offset = start; offset < end; offset++)
      if (!this.#allowed(found[offset] ?? 0, offset)) return offset;
    return -1;
  }

  words(path: Path, found: Uint8Array, offset: number): string {
    const [from, to] = this.#versions();
    const may = this.#images.map((image) =>
      offset < image.bytes.length ? hexAt(image.bytes, offset) : 'beyond the end',
    );
    return (
      `byte ${offset} of ${path} and those behind it are ${hexAt(found, offset)}; ` +
      `after operations ${from} to ${to} they were ${[...new Set(may)].join(', ')}` +
      (this.#zeroTolerated(offset) ? ', and zeros would do' : ', and zeros would not do')
    );
  }

  /** The versions that a byte may come from (rules 9 and 11). */
  #versions(): readonly [number, number] {
    const { version, newest, mode } = this.#past;
    const { oldest } = this.#stretch;
    const next = Math.min(version + 1, newest);
    let stored = false;
    for (let one = oldest; one <= newest; one++) stored ||= this.#past.at(one)?.stored === true;
    if (mode.data === 'journal' && !stored) {
      const from = Math.max(oldest, version);
      // What was acknowledged may be newer than the names and attributes are, of which nothing else had changed by then.
      return [from, Math.max(from, next)];
    }
    return [oldest, newest];
  }

  #allowed(byte: number, offset: number): boolean {
    for (const image of this.#images)
      for (const shift of this.#shifts) if (isByte(image, offset + shift, byte)) return true;
    if (byte === 0 && this.#zeroTolerated(offset)) return true;
    return mayShowStale(this.#past.mode) && this.#emptyBefore(offset);
  }

  /** The byte was beyond the end, or a zero that perhaps had no block, in one of the versions. */
  #emptyBefore(offset: number): boolean {
    return this.#images.some(({ bytes }) => offset >= bytes.length || bytes[offset] === 0);
  }

  /** Rules 10, 13 and 14. */
  #zeroTolerated(offset: number): boolean {
    const { mode } = this.#past;
    const [from, to] = this.#versions();
    const sizes: number[] = [];
    for (let version = from; version <= to; version++)
      if (this.#past.at(version) !== null) sizes.push(this.#past.sizeAt(version));
    if (sizes.every((size) => offset < size)) return false;
    for (let version = from + 1; version <= to; version++) if (this.#allowsZero(version, offset)) return true;
    if (mode.data === 'journal' || mode.path === 'iomap') return false;
    if (!ordersReplacement(mode)) return true;
    const block = offset - (offset % mode.blockBytes);
    return sizes.some((size) => block < size && size <= offset);
  }

  /** Whether an operation put something behind the byte while it was not written, or zeroed the block that it is in. */
  #allowsZero(version: number, offset: number): boolean {
    const facts = this.#past.facts(version);
    if (facts === null) return false;
    const { id, mode } = this.#past;
    if (facts.sent?.inode === id && facts.sent.start > offset) return true;
    if (facts.recorded?.inode === id && facts.recorded.size > offset) return true;
    if (facts.resized !== id) return false;
    const size = this.#past.sizeAt(version);
    if (size > offset) return true;
    return offset < Math.ceil(size / mode.blockBytes) * mode.blockBytes;
  }
}

/** What bytes may have moved by: sums of neighbouring shifts. */
function shiftsOf(past: FilePast, from: number, to: number): number[] {
  const moves: number[] = [];
  for (let version = from + 1; version <= to; version++) {
    const shifted = past.facts(version)?.shifted ?? null;
    if (shifted?.inode === past.id) moves.push(shifted.by);
  }
  const sums = new Set([0]);
  for (let first = 0; first < moves.length; first++) {
    let sum = 0;
    for (const by of moves.slice(first)) {
      sum += by;
      sums.add(sum);
      sums.add(-sum);
    }
  }
  return [...sums];
}

const isOpen = ({ open }: FileImage, offset: number): boolean =>
  open.some(([start, end]) => offset >= start && offset < end);

const isByte = (image: FileImage, offset: number, byte: number): boolean =>
  offset >= 0 && offset < image.bytes.length && (image.bytes[offset] === byte || isOpen(image, offset));

function sameRange(image: FileImage, found: Uint8Array, start: number, end: number): boolean {
  if (end > image.bytes.length) return false;
  for (let offset = start; offset < end; offset++)
    if (image.bytes[offset] !== found[offset] && !isOpen(image, offset)) return false;
  return true;
}

const SHOWN_BYTES = 8;

const hexAt = (bytes: Uint8Array, offset: number): string =>
  [...bytes.subarray(offset, offset + SHOWN_BYTES)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
