import type { Inode } from '../ext4/inode/inode.ts';

/**
 * Where a call finds what it is about when no path leads there: a name in a directory that somebody holds (openat(2) and its
 * like), or with the empty name what is held itself (AT_EMPTY_PATH). A name is one component, neither `.` nor `..`.
 */
export interface Place {
  readonly at: Inode;
  readonly name: string;
}

/** A path from the root, or a place. */
export type Path = string | Place;

/** The place that is the inode itself. */
export const itself = (at: Inode): Place => ({ at, name: '' });
