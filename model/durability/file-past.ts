import { concerns, type Acknowledgement } from './acknowledgement.ts';
import type { Facts } from './facts.ts';
import type { DurabilityHistory } from './history.ts';
import type { InodeMoment } from './moment.ts';
import {
  allocatesReplacement,
  modeOfFile,
  movesSizeAtOnce,
  reachesOwnEnd,
  type DurabilityMode,
} from './rules.ts';

/** When the power went: so many operations had returned, and so many had begun, of which the later may have happened in part. */
export interface CrashMoment {
  readonly completed: number;
  /** One more than had returned when absent. */
  readonly begun?: number;
  /** Another one that had returned, counted from 0: it did not wait for one that had not. */
  readonly early?: number | undefined;
}

/** Whether the operation that made this version had returned. */
export const hasReturned = ({ completed, early }: CrashMoment, version: number): boolean =>
  version <= completed || version - 1 === early;

/** The newest version of which anything can be on the disk. */
export const newestVersion = (
  history: DurabilityHistory,
  { completed, begun = completed + 1 }: CrashMoment,
): number => Math.min(begun, history.version);

/** One file, seen from a version of the metadata that may have been recovered. */
export class FilePast {
  readonly id: number;
  /** The version of names and attributes. */
  readonly version: number;
  readonly newest: number;
  readonly created: number;
  readonly history: DurabilityHistory;
  /** Of the file in that version. */
  readonly mode: DurabilityMode;
  readonly #crash: CrashMoment;

  constructor(
    history: DurabilityHistory,
    mode: DurabilityMode,
    id: number,
    version: number,
    crash: CrashMoment,
  ) {
    this.history = history;
    this.mode = modeOfFile(mode, history.inode(id, version)?.flags ?? []);
    this.id = id;
    this.version = version;
    this.newest = newestVersion(history, crash);
    this.created = history.created(id);
    this.#crash = crash;
  }

  at(version: number): InodeMoment | null {
    return this.history.inode(this.id, version);
  }

  /** Bytes; 0 where the file is not there (any more). */
  sizeAt(version: number): number {
    return this.at(version)?.stat.size ?? 0;
  }

  /** What the operation means that made this version. */
  facts(version: number): Facts | null {
    return this.history.steps[version - 1]?.facts ?? null;
  }

  /** Versions, newest first, whose operation acknowledged something of this file. */
  *acknowledgements(): Generator<
    Pick<Acknowledgement, 'start' | 'end' | 'reaches'> & { readonly version: number }
  > {
    for (let { newest: version } = this; version > this.created; version--) {
      const acknowledged = hasReturned(this.#crash, version) ? this.facts(version)?.acknowledged : null;
      if (acknowledged === undefined || acknowledged === null || !concerns(acknowledged, this.id)) continue;
      const { start, end, reaches } = acknowledged;
      yield { version, start, end, reaches };
    }
  }

  /** The smallest and the largest size that may have been recovered (rules 7, 8 and 14 of rules.ts). */
  sizes(): { readonly least: number; readonly most: number } {
    const { version } = this;
    const next = Math.min(version + 1, this.newest);
    const resized = this.#lastResize(version);
    let least = this.sizeAt(resized);
    let most = least;
    for (let one = resized; one <= version; one++) most = Math.max(most, this.sizeAt(one));
    for (const { version: when, reaches } of this.acknowledgements())
      if (when > resized && (reaches >= this.sizeAt(when) || reachesOwnEnd(this.mode)))
        least = Math.max(least, Math.min(reaches, this.sizeAt(when)));
    for (let one = resized + 1; one <= version; one++)
      if (this.facts(one)?.replaced === this.id && allocatesReplacement(this.mode))
        least = Math.max(least, this.sizeAt(one));
    for (let one = resized + 1; one <= version; one++) {
      const recorded = this.facts(one)?.recorded ?? null;
      if (recorded?.inode !== this.id || (recorded.byHole && this.mode.holesLeaveSize === true)) continue;
      least = Math.max(least, recorded.size);
    }
    if (movesSizeAtOnce(this.mode)) least = Math.max(least, this.sizeAt(version));
    // The next operation may be in part of what was committed.
    if (this.at(next) !== null) {
      most = Math.max(most, this.sizeAt(next));
      if (this.facts(next)?.resized === this.id) least = Math.min(least, this.sizeAt(next));
    }
    return { least: Math.min(least, most), most };
  }

  #lastResize(version: number): number {
    for (let one = version; one > this.created; one--) if (this.facts(one)?.resized === this.id) return one;
    return this.created;
  }
}
