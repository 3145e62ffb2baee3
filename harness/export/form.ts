import type { Reproduction } from './reproduction.ts';

/** An operation that a form has no words for. */
export interface Obstacle {
  /** Counted from 0 in the case; null when it is the file system or the way it is mounted. */
  readonly step: number | null;
  readonly why: string;
}

/** A case in a form, and what of it is missing there. */
export interface Written {
  readonly text: string;
  /** More files that belong to it, by the extension of their name. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly obstacles: readonly Obstacle[];
}

/** A form in which people without twinpath can run a case. */
export interface Form {
  /** As `--as` knows it. */
  readonly name: string;
  /** What follows `reproducer.` in the name of its file. */
  readonly extension: string;
  /** One line for `--help`: what it is, and what it needs. */
  readonly summary: string;
  /** How the file is run, for the last line of the command. `file` is its name. */
  readonly usage: (file: string) => string;
  readonly write: (reproduction: Reproduction) => Written;
}
