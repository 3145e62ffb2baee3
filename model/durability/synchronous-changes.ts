import type { Operation } from '../operation.ts';
import { parentOf, type Moment } from './moment.ts';

/** Calls on an inode that ask for the commit of all that they changed where it has the flag S. */
const WAITED_FOR: ReadonlySet<Operation['op']> = new Set(['setxattr', 'removexattr', 'chattr']);

/**
 * Rule 15 of rules.ts: whether the call that led from one moment to the other was committed when it returned, without anybody's fsync.
 * The flags that say so are those from before it.
 */
export function isCommittedAtOnce({ op }: Operation, before: Moment, after: Moment): boolean {
  if (relisted(before, after).some((id) => hasFlag(before, id, 'sync') || hasFlag(before, id, 'dirsync')))
    return true;
  for (const [id, now] of after.inodes) {
    const then = before.inodes.get(id);
    if (then === undefined || then === now) continue;
    if (hasFlag(before, id, 'journalData') !== hasFlag(after, id, 'journalData')) return true;
    if (WAITED_FOR.has(op) && hasFlag(before, id, 'sync')) return true;
  }
  return false;
}

const hasFlag = ({ inodes }: Moment, id: number, flag: 'sync' | 'dirsync' | 'journalData'): boolean =>
  inodes.get(id)?.flags.includes(flag) === true;

/** The directories of both moments that list other names than before, or the same ones of something else. */
function relisted(before: Moment, after: Moment): number[] {
  if (sameNames(before, after)) return [];
  const [then, now] = [listings(before), listings(after)];
  const directories = new Set([...then.keys(), ...now.keys()]);
  return [...directories].filter((id) => then.get(id)?.join('/') !== now.get(id)?.join('/'));
}

const sameNames = ({ names: then }: Moment, { names: now }: Moment): boolean =>
  then.size === now.size && [...then].every(([path, id]) => now.get(path) === id);

/** What each directory lists, by its number: names, each followed by the number of its inode. It is a directory's own, whatever way leads there. */
function listings({ names }: Moment): Map<number, readonly (string | number)[]> {
  const found = new Map<number, (string | number)[]>();
  for (const [path, id] of names) {
    if (path === '.') continue;
    const directory = names.get(parentOf(path)) ?? 0;
    const listed = found.get(directory) ?? [];
    listed.push(path.slice(path.lastIndexOf('/') + 1), id);
    found.set(directory, listed);
  }
  return found;
}
