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
    const folios = this.#pieces[this.#lastPiece]?.folios;
    if (folios !== undefined) {
      const same = folios[this.#lastPlace];
      if (same !== undefined && holds(same, index)) return same;
      const next = folios[this.#lastPlace + 1];
      if (next !== undefined && holds(next, index)) {
        this.#lastPlace++;
        return next;
      }
    }
    return this.#searchBehind(index);
  }

  #searchBehind(index: number): Folio | undefined {
    const number = this.#pieceOf(index);
    const piece = this.#pieces[number];
    if (piece === undefined) return undefined;
    const place = placeIn(piece.folios, index);
    this.#lastPiece = number;
    this.#lastPlace = place;
    return piece.folios[place];
  }

  /** The first dirty folio that ends behind page `index`. */
  firstDirtyBehind(index: number): Folio | undefined {
    const first = this.#pieceOf(index);
    for (let number = first; number < this.#pieces.length; number++) {
      const piece = this.#pieces[number];
      if (piece === undefined || piece.dirty === 0) continue;
      const from = number === first ? placeIn(piece.folios, index) : 0;
      for (let place = from; place < piece.folios.length; place++)
        if (piece.folios[place]?.dirty === true) return piece.folios[place];
    }
    return undefined;
  }

  /** Puts a clean folio before the first one that ends behind its index. */
  insert(folio: Folio): void {
    this.#count++;
    const number = this.#pieceOf(folio.index);
    const piece = this.#pieces[number];
    if (piece === undefined) this.#append(folio);
    else
      insertInto(piece.folios.length < PIECE_FOLIOS ? piece : this.#split(number, piece, folio.index), folio);
  }

  /** Takes out a clean folio; false when it is not in the list. */
  remove(folio: Folio): boolean {
    const number = this.#pieceOf(folio.index);
    const folios = this.#pieces[number]?.folios ?? [];
    const place = placeIn(folios, folio.index);
    if (folios[place] !== folio) return false;
    this.#count--;
    if (folios.length === 1) this.#pieces.splice(number, 1);
    else if (place === folios.length - 1) folios.pop();
    else folios.splice(place, 1);
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
      const { folios } = piece;
      for (let place = number === start ? placeIn(folios, first) : 0; place < folios.length; place++) {
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
    const folios = this.#pieces[number]?.folios;
    const last = folios?.[folios.length - 1];
    return last === undefined || last.index + last.pages <= index;
  }

  #append(folio: Folio): void {
    const last = this.#pieces[this.#pieces.length - 1];
    if (last !== undefined && last.folios.length < PIECE_FOLIOS) last.folios.push(folio);
    else this.#pieces.push({ folios: [folio], dirty: 0 });
  }

  /** Makes two of a full piece; answers the one where page `index` belongs. */
  #split(number: number, piece: Piece<Folio>, index: number): Piece<Folio> {
    const folios = piece.folios.splice(PIECE_FOLIOS / 2);
    const behind = { folios, dirty: folios.filter(({ dirty }) => dirty).length };
    piece.dirty -= behind.dirty;
    this.#pieces.splice(number + 1, 0, behind);
    return this.#endsBefore(number, index) ? behind : piece;
  }
}

function insertInto<Folio extends Listed>({ folios }: Piece<Folio>, folio: Folio): void {
  folios.splice(placeIn(folios, folio.index), 0, folio);
}

const holds = (folio: Listed, index: number): boolean =>
  folio.index <= index && index < folio.index + folio.pages;

/** Place of the first folio that ends behind page `index`. */
function placeIn(folios: readonly Listed[], index: number): number {
  let low = 0;
  let high = folios.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const folio = folios[middle];
    if (folio !== undefined && folio.index + folio.pages <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}
