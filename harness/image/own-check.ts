import { ImageError } from './image-overlay.ts';
import type { ImageView, MappedRun } from './image-view.ts';

/** What looking at every name of an image has shown. */
export interface OwnCheck {
  readonly entries: number;
  /** In sentences; empty when nothing is wrong. */
  readonly findings: readonly string[];
}

/** More would not help anybody. */
const FINDINGS_MAX = 100;

/** No sound directory tree of a file system that can be checked is deeper. */
const DEPTH_MAX = 4096;

/**
 * Walks the whole tree: every name, attribute, symbolic link and mapping must be readable, no block may belong to two
 * files, and an inode must have as many names as it says. Contents are not read, bitmaps not compared: that is e2fsck's.
 */
export function checkTree(view: ImageView, onEntry: () => void): OwnCheck {
  const walk = new Walk(view, onEntry);
  walk.directory('/', 0);
  walk.compareLinks();
  return { entries: walk.entries, findings: walk.findings };
}

class Walk {
  entries = 0;
  readonly findings: string[] = [];
  readonly #view: ImageView;
  readonly #onEntry: () => void;
  readonly #seen = new Map<number, { readonly path: string; readonly links: number; names: number }>();
  readonly #owners = new BlockOwners();

  constructor(view: ImageView, onEntry: () => void) {
    this.#view = view;
    this.#onEntry = onEntry;
  }

  directory(path: string, depth: number): void {
    if (depth === 0) this.#look(path);
    const names = this.#trying(() => this.#view.names(path)) ?? [];
    for (const name of names) {
      if (this.findings.length >= FINDINGS_MAX) return;
      const below = path === '/' ? `/${name}` : `${path}/${name}`;
      if (this.#look(below) === 'new directory' && depth < DEPTH_MAX) this.directory(below, depth + 1);
    }
  }

  #look(path: string): 'new directory' | 'other' {
    this.entries++;
    this.#onEntry();
    const entry = this.#trying(() => this.#view.entry(path));
    if (entry === null) return 'other';
    const { ino, links, type } = entry;
    const known = this.#seen.get(ino);
    if (known !== undefined) {
      known.names++;
      if (type === 'directory') this.#find(`${path} and ${known.path} are one directory`);
      return 'other';
    }
    this.#seen.set(ino, { path, links: type === 'directory' ? 1 : links, names: 1 });
    if (type !== 'file' && type !== 'directory') return 'other';
    const other = this.#owners.claim(path, this.#trying(() => this.#view.map(path)) ?? []);
    if (other !== null) this.#find(`${path} and ${other} share blocks`);
    return type === 'directory' ? 'new directory' : 'other';
  }

  compareLinks(): void {
    for (const { path, links, names } of this.#seen.values()) {
      if (links !== names) this.#find(`${path} has ${links} links, and ${names} names lead to it`);
    }
  }

  #trying<T>(question: () => T): T | null {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      this.#find(error.message);
      return null;
    }
  }

  #find(finding: string): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push(finding);
  }
}

/** Who has which blocks of the device: runs by their first block, in order. */
class BlockOwners {
  readonly #runs: { readonly start: number; readonly end: number; readonly path: string }[] = [];

  /** Notes the blocks; answers who has one of them already. */
  claim(path: string, runs: readonly MappedRun[]): string | null {
    let other: string | null = null;
    for (const { physical, length, state } of runs) {
      if (state === 'delayed' || state === 'inline') continue;
      const place = this.#placeOf(physical);
      const neighbours = [this.#runs[place - 1], this.#runs[place]];
      const taken = neighbours.find(
        (run) => run !== undefined && run.start < physical + length && physical < run.end,
      );
      other ??= taken?.path ?? null;
      this.#runs.splice(place, 0, { start: physical, end: physical + length, path });
    }
    return other;
  }

  /** Of the first run that starts at or after `block`. */
  #placeOf(block: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.start ?? block) < block) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
