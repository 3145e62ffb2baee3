import type { Content, Run } from './operation.ts';

/** The seed of bytes that nobody knows. */
const UNKNOWN = -1;

/** `length` bytes from file offset `offset` on that are stream `seed` from its byte `start` on. */
interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly seed: number;
  readonly start: number;
}

/**
 * The contents of a regular file: its size, and sorted, disjoint pieces of streams; what lies between reads as zeros.
 * Neighbours that continue each other are one piece, so equal histories of bytes give equal pieces.
 * All numbers are bytes.
 */
export class SparseContents {
  size = 0;
  private pieces: Piece[] = [];

  clone(): SparseContents {
    const copy = new SparseContents();
    copy.size = this.size;
    copy.pieces = this.pieces.slice();
    return copy;
  }

  /** Puts the first `length` bytes of a stream at `offset`, extending the size as far as it must. */
  write(offset: number, content: Content, length: number): void {
    const end = offset + length;
    this.replace(offset, end, { offset, length, seed: content.seed, start: 0 });
    if (end > this.size) this.size = end;
  }

  /** Puts the first `length` bytes that runs describe at `offset`, extending the size as far as it must. */
  writeRuns(offset: number, runs: readonly Run[], length: number): void {
    const stop = offset + length;
    let position = offset;
    if (stop > this.size) this.size = stop;
    for (const run of runs) {
      const end = Math.min(position + run.length, stop);
      if (position >= end) return;
      if (run.kind === 'bytes') {
        const { seed, start } = run;
        this.replace(position, end, { offset: position, length: end - position, seed, start });
      } else if (run.kind === 'zeros') this.zero(position, end);
      else this.forget(position, end);
      position = end;
    }
  }

  /** Sets the size: what is cut off is gone, what is added reads as zeros. */
  truncate(size: number): void {
    if (size < this.size) this.replace(size, this.size, null);
    this.size = size;
  }

  /** Makes [start, end) read as zeros. The size stays. */
  zero(start: number, end: number): void {
    if (start < end) this.replace(start, end, null);
  }

  /** Nobody knows any more what [start, end), which lies within the size, reads as. */
  forget(start: number, end: number): void {
    if (start >= end) return;
    this.replace(start, end, { offset: start, length: end - start, seed: UNKNOWN, start });
  }

  /** Nobody knows any more what those bytes of [start, end) read as that were written; the others are zeros. */
  forgetWritten(start: number, end: number): void {
    let position = start;
    for (const run of this.read(start, end - start)) {
      if (run.kind === 'bytes') this.forget(position, position + run.length);
      position += run.length;
    }
  }

  /** Takes [start, end), which lies within the size, away; what comes after moves there. */
  collapse(start: number, end: number): void {
    this.zero(start, end);
    this.shift(end, start - end);
    this.size -= end - start;
  }

  /** Moves what lies at `start` and behind it up by `length` bytes; what opens there reads as zeros. */
  insert(start: number, length: number): void {
    // Cuts the piece that reaches across the place.
    this.split(start);
    this.shift(start, length);
    this.size += length;
  }

  /** Describes at most `length` bytes from `offset` on, and none beyond the size. */
  read(offset: number, length: number): Run[] {
    const end = Math.min(offset + length, this.size);
    const runs: Run[] = [];
    let position = offset;
    for (let index = this.firstEndingAfter(offset); position < end; index++) {
      const piece = this.pieces[index];
      const start = piece === undefined ? end : Math.min(piece.offset, end);
      if (start > position) runs.push({ kind: 'zeros', length: start - position });
      position = Math.max(position, start);
      if (piece === undefined || position >= end) break;
      const stop = Math.min(piece.offset + piece.length, end);
      const skipped = position - piece.offset;
      const { seed } = piece;
      if (seed === UNKNOWN) runs.push({ kind: 'any', length: stop - position });
      else runs.push({ kind: 'bytes', seed, start: piece.start + skipped, length: stop - position });
      position = stop;
    }
    return runs;
  }

  /** Whether any byte of [start, end) was written and not cut off since. */
  hasWritten(start: number, end: number): boolean {
    return this.firstWritten(start) < end;
  }

  /** The offset of the first byte at or behind `start` that was written and not cut off since; Infinity for none. */
  firstWritten(start: number): number {
    for (let index = this.firstEndingAfter(start); ; index++) {
      const piece = this.pieces[index];
      if (piece === undefined) return Infinity;
      if (piece.seed !== UNKNOWN) return Math.max(start, piece.offset);
    }
  }

  /** How many offsets `boundaryAt` knows. */
  get boundaryCount(): number {
    return 2 * this.pieces.length + 2;
  }

  /** Offsets where something begins or ends: the start and the end of each piece, then the size, then zero. */
  boundaryAt(index: number): number {
    const piece = this.pieces[index >> 1];
    if (piece === undefined) return index === 2 * this.pieces.length ? this.size : 0;
    return (index & 1) === 0 ? piece.offset : piece.offset + piece.length;
  }

  /** The index of the first piece that ends after `offset`; the number of pieces when there is none. */
  private firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.pieces[middle];
      if (piece !== undefined && piece.offset + piece.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes a piece begin at `offset` when one lies across it. */
  private split(offset: number): void {
    const index = this.firstEndingAfter(offset);
    const piece = this.pieces[index];
    if (piece === undefined || piece.offset >= offset) return;
    const length = offset - piece.offset;
    const { seed, start } = piece;
    const rest = { offset, length: piece.length - length, seed, start: start + length };
    this.pieces.splice(index, 1, resized(piece, length), rest);
  }

  /** Moves all pieces from `start` on, which is no place inside of one. */
  private shift(start: number, distance: number): void {
    const first = this.firstEndingAfter(start);
    const moved = this.pieces.splice(first).map((piece) => ({ ...piece, offset: piece.offset + distance }));
    for (const piece of moved) append(this.pieces, piece);
  }

  /** Cuts [start, end) out of the pieces and puts `middle` there. */
  private replace(start: number, end: number, middle: Piece | null): void {
    const first = this.firstEndingAfter(start);
    let last = first;
    const fresh: Piece[] = [];
    const head = this.pieces[first];
    if (head !== undefined && head.offset < start) fresh.push(resized(head, start - head.offset));
    if (middle !== null) append(fresh, middle);
    for (; ; last++) {
      const piece = this.pieces[last];
      if (piece === undefined || piece.offset >= end) break;
      const stop = piece.offset + piece.length;
      if (stop > end) {
        const cut = end - piece.offset;
        append(fresh, { offset: end, length: stop - end, seed: piece.seed, start: piece.start + cut });
      }
    }
    this.splice(first, last, fresh);
  }

  /** Exchanges the pieces [first, last) for `fresh`, joined with its neighbours where they continue each other. */
  private splice(first: number, last: number, fresh: Piece[]): void {
    if (fresh.length > 0) {
      const before = first === 0 ? undefined : this.pieces[first - 1];
      const after = this.pieces[last];
      if (before !== undefined && fresh[0] !== undefined && continues(before, fresh[0])) {
        fresh[0] = joined(before, fresh[0]);
        first--;
      }
      if (after !== undefined && append(fresh, after)) last++;
      else if (after !== undefined) fresh.pop();
    }
    if (first === this.pieces.length) this.pieces.push(...fresh);
    else this.pieces.splice(first, last - first, ...fresh);
  }
}

function continues(left: Piece, right: Piece): boolean {
  return (
    left.offset + left.length === right.offset &&
    left.seed === right.seed &&
    left.start + left.length === right.start
  );
}

const joined = (left: Piece, right: Piece): Piece => resized(left, left.length + right.length);

/** The same from where it begins, with another length. */
const resized = ({ offset, seed, start }: Piece, length: number): Piece => ({ offset, length, seed, start });

/** Adds `piece` to the end of `pieces`; answers whether it went into the piece that was last. */
function append(pieces: Piece[], piece: Piece): boolean {
  const last = pieces.at(-1);
  if (last !== undefined && continues(last, piece)) {
    pieces[pieces.length - 1] = joined(last, piece);
    return true;
  }
  pieces.push(piece);
  return false;
}

/** How many bytes the runs are together. */
export function lengthOf(runs: readonly Run[]): number {
  let total = 0;
  for (const run of runs) total += run.length;
  return total;
}
