/** How many folios stand in one piece of the list at most. */
const PIECE_FOLIOS = 128;

/** What the list has to know of a folio. */
export interface Listed {
  /** In pages. */
  readonly index: number;
  readonly pages: number;
  readonly dirty: boolean;
}

/** Some folios that follow each other. */
interface Piece<Folio> {
  readonly folios: Folio[];
  /** The page after each of them: a search looks at these numbers alone, because folios lie anywhere in memory. */
  readonly ends: number[];
  /** The last of them, by which a piece is found. */
  end: number;
  /** How many of them are dirty. */
  dirty: number;
}

/**
 * The cached folios of one file in order of index; they never overlap. The list is kept in pieces, so that it costs the same to
 * put one in, or to take one out, wherever that is: a large file is truncated from its beginning, and written at random. Each
 * piece knows how many are dirty, so that those are found without a look at all others (PAGECACHE_TAG_DIRTY).
 */
export class FolioList<Folio extends Listed> {
  /** None is empty. */
  readonly #pieces: Piece<Folio>[] = [];
  #count = 0;
  /** Where the last look-up ended: the next one is mostly for the same page or for the one behind it. A hint only, always checked. */
  #lastPiece = 0;
  #lastPlace = 0;

  get count(): number {
    return this.#count;
  }

  /** The first folio that ends behind page `index`. */
  firstBehind(index: number): Folio | undefined {
    const piece = this.#pieces[this.#lastPiece];
    const place = this.#lastPlace;
    const end = piece?.ends[place];
    if (piece !== undefined && end !== undefined) {
      if (end <= index) {
        if ((piece.ends[place + 1] ?? 0) > index) return piece.folios[++this.#lastPlace];
      } else if (place === 0 ? this.#lastPiece === 0 : (piece.ends[place - 1] as number) <= index) {
        return piece.folios[place];
      }
    }
    return this.#searchBehind(index);
  }

  #searchBehind(index: number): Folio | undefined {
    const number = this.#pieceOf(index);
    const piece = this.#pieces[number];
    if (piece === undefined) return undefined;
    const place = placeIn(piece.ends, index);
    this.#expect(number, place);
    return piece.folios[place];
  }

  /** The first dirty folio that ends behind page `index`. */
  firstDirtyBehind(index: number): Folio | undefined {
    const first = this.#pieceOf(index);
    for (let number = first; number < this.#pieces.length; number++) {
      const piece = this.#pieces[number];
      if (piece === undefined || piece.dirty === 0) continue;
      const from = number === first ? placeIn(piece.ends, index) : 0;
      for (let place = from; place < piece.folios.length; place++)
        if (piece.folios[place]?.dirty === true) return piece.folios[place];
    }
    return undefined;
  }

  /** Puts a clean folio before the first one that ends behind its index; false when they overlap. */
  insert(folio: Folio): boolean {
    const number = this.#pieceOf(folio.index);
    const piece = this.#pieces[number];
    if (piece === undefined) this.#append(folio);
    else {
      const place = placeIn(piece.ends, folio.index);
      const behind = piece.folios[place];
      if (behind !== undefined && behind.index < folio.index + folio.pages) return false;
      if (piece.folios.length < PIECE_FOLIOS) this.#put(folio, number, piece, place);
      else this.#putIntoHalf(folio, number, piece);
    }
    this.#count++;
    return true;
  }

  /** Takes out a clean folio; false when it is not in the list. */
  remove(folio: Folio): boolean {
    const number = this.#pieceOf(folio.index);
    const piece = this.#pieces[number];
    if (piece === undefined) return false;
    const { folios, ends } = piece;
    const place = placeIn(ends, folio.index);
    if (folios[place] !== folio) return false;
    this.#count--;
    if (folios.length === 1) this.#pieces.splice(number, 1);
    else if (place < folios.length - 1) {
      folios.splice(place, 1);
      ends.splice(place, 1);
    } else {
      folios.pop();
      ends.pop();
      piece.end = lastOf(ends);
    }
    return true;
  }

  /** One of its folios became dirty, or clean. */
  countDirty(folio: Folio, change: 1 | -1): void {
    const piece = this.#pieces[this.#pieceOf(folio.index)];
    if (piece !== undefined) piece.dirty += change;
  }

  /** The folios that overlap pages [first, end), as they are now; or those of them that are dirty. */
  range(first: number, end: number, dirtyOnly = false): Folio[] {
    const found: Folio[] = [];
    const start = this.#pieceOf(first);
    for (let number = start; number < this.#pieces.length; number++) {
      const piece = this.#pieces[number];
      if (piece === undefined || (dirtyOnly && piece.dirty === 0)) continue;
      const { folios, ends } = piece;
      for (let place = number === start ? placeIn(ends, first) : 0; place < folios.length; place++) {
        const folio = folios[place];
        if (folio === undefined || folio.index >= end) return found;
        if (!dirtyOnly || folio.dirty) found.push(folio);
      }
    }
    return found;
  }

  /** Number of the first piece with a folio that ends behind page `index`; that of none when there is none. */
  #pieceOf(index: number): number {
    let high = this.#pieces.length;
    // Appending and sequential access look behind or at the last folio.
    if (high === 0 || this.#endsBefore(high - 1, index)) return high;
    const last = this.#lastPiece;
    if (last < high && !this.#endsBefore(last, index) && (last === 0 || this.#endsBefore(last - 1, index)))
      return last;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endsBefore(middle, index)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #endsBefore(number: number, index: number): boolean {
    const piece = this.#pieces[number];
    return piece === undefined || piece.end <= index;
  }

  #append(folio: Folio): void {
    const last = this.#pieces[this.#pieces.length - 1];
    const end = folio.index + folio.pages;
    if (last !== undefined && last.folios.length < PIECE_FOLIOS) {
      last.end = end;
      last.ends.push(end);
      this.#expect(this.#pieces.length - 1, last.folios.push(folio) - 1);
    } else {
      this.#expect(this.#pieces.push({ folios: [folio], ends: [end], end, dirty: 0 }) - 1, 0);
    }
  }

  /** Into a piece with room, before its last folio. */
  #put(folio: Folio, number: number, piece: Piece<Folio>, place = placeIn(piece.ends, folio.index)): void {
    piece.folios.splice(place, 0, folio);
    piece.ends.splice(place, 0, folio.index + folio.pages);
    this.#expect(number, place);
  }

  /** The next look-up is for the folio there: whoever put one in looks it up next, and who found one looks again. */
  #expect(piece: number, place: number): void {
    this.#lastPiece = piece;
    this.#lastPlace = place;
  }

  /** Makes two of a full piece, and puts the folio into the one where it belongs. */
  #putIntoHalf(folio: Folio, number: number, piece: Piece<Folio>): void {
    const folios = piece.folios.splice(PIECE_FOLIOS / 2);
    const ends = piece.ends.splice(PIECE_FOLIOS / 2);
    const behind = { folios, ends, end: piece.end, dirty: folios.filter(({ dirty }) => dirty).length };
    piece.end = lastOf(piece.ends);
    piece.dirty -= behind.dirty;
    this.#pieces.splice(number + 1, 0, behind);
    if (this.#endsBefore(number, folio.index)) this.#put(folio, number + 1, behind);
    else this.#put(folio, number, piece);
  }
}

const lastOf = (ends: readonly number[]): number => ends[ends.length - 1] ?? 0;

/** Place of the first folio that ends behind page `index`. */
function placeIn(ends: readonly number[], index: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] as number) <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}
