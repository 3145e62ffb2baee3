import { assert } from '../../lib/assert.ts';

/** What is known about a range of a file (EXTENT_STATUS_*). */
export type ExtentState = 'written' | 'unwritten' | 'delayed' | 'hole';

/** Immutable: a change puts a new object in its place, so a reader may keep one across a sleep. */
export interface StatusExtent {
  /** First logical block. */
  readonly logical: number;
  /** Blocks, at least 1. */
  readonly length: number;
  /** First block on the device; NOWHERE unless written or unwritten. */
  readonly physical: number;
  readonly state: ExtentState;
}

/** The physical block of a range that has none. */
export const NOWHERE = -1;

export const isMapped = (state: ExtentState): boolean => state === 'written' || state === 'unwritten';

/** Would `right`, which starts where `left` ends, continue it (ext4_es_can_be_merged)? */
function continues(left: StatusExtent, right: StatusExtent): boolean {
  if (left.state !== right.state || left.logical + left.length !== right.logical) return false;
  return left.physical === NOWHERE || left.physical + left.length === right.physical;
}

/** The part of `extent` from `from` to `to - 1`, which lies within it. */
function slice(extent: StatusExtent, from: number, to: number): StatusExtent {
  const physical = extent.physical === NOWHERE ? NOWHERE : extent.physical + from - extent.logical;
  return { logical: from, length: to - from, physical, state: extent.state };
}

/** Puts `piece` behind the others, or makes the last one longer by it. */
function append(pieces: StatusExtent[], piece: StatusExtent): void {
  // Asking an array for what is before its start is slow.
  const last = pieces.length === 0 ? undefined : pieces[pieces.length - 1];
  if (last === undefined || !continues(last, piece)) {
    pieces.push(piece);
    return;
  }
  const { logical, length, physical, state } = last;
  pieces[pieces.length - 1] = { logical, length: length + piece.length, physical, state };
}

const end = (extent: StatusExtent): number => extent.logical + extent.length;

/**
 * What memory knows of a file's mapping (fs/ext4/extents_status.c): a sorted array of ranges that never overlap, with
 * neighbours merged. Delayed ranges exist nowhere else; the rest repeats what the extent tree says, so that most lookups
 * need no walk. A range that is absent is unknown, not a hole.
 */
export class ExtentStatusTree {
  /**
   * i_es_seq: grows with every change that makes a mapping wrong which somebody was given earlier. Learning what the
   * extent tree says (`cache`) is no change.
   */
  sequence = 0;
  readonly #extents: StatusExtent[] = [];

  /** The range that holds `logical`, or null when nothing is known of that block (ext4_es_lookup_extent). */
  lookup(logical: number): StatusExtent | null {
    const extent = this.#extents[this.#firstEndingAfter(logical)];
    return extent !== undefined && extent.logical <= logical ? extent : null;
  }

  /** The first delayed range that touches `from` .. `to - 1`, clipped to it (ext4_es_find_extent_range). */
  nextDelayed(from: number, to: number): StatusExtent | null {
    for (let index = this.#firstEndingAfter(from); ; index++) {
      const extent = this.#extents[index];
      if (extent === undefined || extent.logical >= to) return null;
      if (extent.state !== 'delayed') continue;
      if (extent.logical >= from && end(extent) <= to) return extent;
      return slice(extent, Math.max(from, extent.logical), Math.min(to, end(extent)));
    }
  }

  /** Delayed blocks in `from` .. `to - 1`. */
  countDelayed(from: number, to: number): number {
    let count = 0;
    for (let index = this.#firstEndingAfter(from); ; index++) {
      const extent = this.#extents[index];
      if (extent === undefined || extent.logical >= to) return count;
      if (extent.state === 'delayed') count += Math.min(to, end(extent)) - Math.max(from, extent.logical);
    }
  }

  /** Does the cache know, for every block of `from` .. `to - 1`, that it is a hole or delayed? */
  knownUnmapped(from: number, to: number): boolean {
    let next = from;
    for (let index = this.#firstEndingAfter(from); next < to; index++) {
      const extent = this.#extents[index];
      if (extent === undefined || extent.logical > next || isMapped(extent.state)) return false;
      next = end(extent);
    }
    return true;
  }

  /** Is something known of every block of `from` .. `to - 1`? */
  knows(from: number, to: number): boolean {
    let next = from;
    for (let index = this.#firstEndingAfter(from); next < to; index++) {
      const extent = this.#extents[index];
      if (extent === undefined || extent.logical > next) return false;
      next = end(extent);
    }
    return true;
  }

  /**
   * The mapping changed to this (ext4_es_insert_extent). What was known of the range is replaced; answers how many
   * delayed blocks that was, whose reservation the caller settles. `sequence` grows unless nothing is new.
   */
  insert(logical: number, length: number, physical: number, state: ExtentState): number {
    assert(length > 0 && logical >= 0, () => `extent status of ${length} blocks at ${logical}`);
    assert(isMapped(state) === (physical !== NOWHERE), () => `a ${state} range at device block ${physical}`);
    const fresh: StatusExtent = { logical, length, physical, state };
    const first = this.#firstEndingAfter(logical);
    if (this.#covers(this.#extents[first], fresh)) return 0;
    const delayed = state === 'delayed' ? 0 : this.countDelayed(logical, logical + length);
    this.#replace(first, logical, logical + length, fresh);
    this.sequence++;
    return delayed;
  }

  /**
   * The extent tree says this (ext4_es_cache_extent). Only blocks of which nothing is known are filled in: what is known is
   * newer or the same. No mapping that was given out becomes wrong, so `sequence` stays.
   */
  cache(logical: number, length: number, physical: number, state: ExtentState): void {
    const whole: StatusExtent = { logical, length, physical, state };
    let next = logical;
    while (next < logical + length) {
      const index = this.#firstEndingAfter(next);
      const known = this.#extents[index];
      const gapEnd = Math.min(logical + length, known?.logical ?? Infinity);
      if (gapEnd > next) this.#replace(index, next, gapEnd, slice(whole, next, gapEnd));
      next = known === undefined ? gapEnd : Math.max(gapEnd, end(known));
    }
  }

  /** The range holds data that has no place yet (ext4_es_insert_delayed_extent). No block of it may be mapped. */
  insertDelayed(logical: number, length: number): void {
    assert(
      this.knownUnmapped(logical, logical + length),
      () => `delayed blocks over mapped or unknown ones at ${logical}`,
    );
    this.insert(logical, length, NOWHERE, 'delayed');
  }

  /**
   * Forgets `from` .. `to - 1` (ext4_es_remove_extent); answers how many delayed blocks were in it. `sequence` grows
   * when something was known: nobody can have been given a mapping that the cache did not learn.
   */
  remove(from: number, to: number): number {
    const first = this.#firstEndingAfter(from);
    const extent = this.#extents[first];
    if (extent === undefined || extent.logical >= to) return 0;
    const delayed = this.countDelayed(from, to);
    this.#replace(first, from, to, null);
    this.sequence++;
    return delayed;
  }

  /** Every known range in order of logical block. */
  [Symbol.iterator](): IterableIterator<StatusExtent> {
    return this.#extents[Symbol.iterator]();
  }

  #covers(known: StatusExtent | undefined, fresh: StatusExtent): boolean {
    if (known === undefined || known.logical > fresh.logical || end(known) < end(fresh)) return false;
    if (known.state !== fresh.state) return false;
    return known.physical === NOWHERE || known.physical + fresh.logical - known.logical === fresh.physical;
  }

  /** Index of the first range that ends after `logical`: the one that holds it, else the next one. */
  #firstEndingAfter(logical: number): number {
    const extents = this.#extents;
    let low = 0;
    let high = extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const extent = extents[middle] as StatusExtent;
      if (extent.logical + extent.length <= logical) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The beginning of a range becomes part of the one before: what a file that is written in order does again and again. */
  #moveBorder(first: number, from: number, to: number, fresh: StatusExtent): boolean {
    const extents = this.#extents;
    const before = first === 0 ? undefined : extents[first - 1];
    const head = extents[first];
    if (before === undefined || head === undefined || head.logical !== from || end(head) <= to) return false;
    if (!continues(before, fresh)) return false;
    const { logical, length, physical, state } = before;
    extents[first - 1] = { logical, length: length + fresh.length, physical, state };
    extents[first] = slice(head, to, end(head));
    return true;
  }

  /** Puts `fresh` (or nothing) in the place of `from` .. `to - 1`; `first` is the index of the first range ending after `from`. */
  #replace(first: number, from: number, to: number, fresh: StatusExtent | null): void {
    const extents = this.#extents;
    // Mostly it comes behind all that is known.
    if (first === extents.length && fresh !== null) {
      append(extents, fresh);
      return;
    }
    if (fresh !== null && this.#moveBorder(first, from, to, fresh)) return;
    const pieces: StatusExtent[] = [];
    let start = first;
    let stop = first;
    const before = first === 0 ? undefined : extents[first - 1];
    if (before !== undefined && end(before) === from) {
      append(pieces, before);
      start--;
    }
    const head = extents[first];
    if (head !== undefined && head.logical < from) append(pieces, slice(head, head.logical, from));
    if (fresh !== null) append(pieces, fresh);
    for (let extent = extents[stop]; extent !== undefined && extent.logical < to; extent = extents[++stop]) {
      if (end(extent) > to) append(pieces, slice(extent, to, end(extent)));
    }
    const after = extents[stop];
    if (after?.logical === to) {
      append(pieces, after);
      stop++;
    }
    if (start === extents.length) extents.push(...pieces);
    else if (stop - start !== pieces.length) extents.splice(start, stop - start, ...pieces);
    else for (const piece of pieces) extents[start++] = piece;
  }
}
