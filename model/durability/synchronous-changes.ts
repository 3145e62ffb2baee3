import type { Operation } from '../operation.ts';
import { changedKeys, parentOf, type Moment } from './moment.ts';

/** Calls on an inode that ask for the commit of all that they changed where it has the flag S. */
const WAITED_FOR: ReadonlySet<Operation['op']> = new Set(['setxattr', 'removexattr', 'chattr']);

/**
 * Rule 15 of rules.ts: whether the call that led from one moment to the other was committed when it returned, without anybody's fsync.
 * The flags that say so are those from before it.
 */
export function isCommittedAtOnce({ op }: Operation, before: Moment, after: Moment): boolean {
  if (relisted(before, after).some((id) => hasFlag(before, id, 'sync') || hasFlag(before, id, 'dirsync')))
    return true;
  const changed = changedKeys(before.inodes, after.inodes).filter(
    (id) => before.inodes.has(id) && after.inodes.has(id),
  );
  return changed.some(
    (id) =>
      hasFlag(before, id, 'journalData') !== hasFlag(after, id, 'journalData') ||
      (WAITED_FOR.has(op) && hasFlag(before, id, 'sync')),
  );
}

const hasFlag = ({ inodes }: Moment, id: number, flag: 'sync' | 'dirsync' | 'journalData'): boolean =>
  inodes.get(id)?.flags.includes(flag) === true;

/** The directories of both moments that list other names than before, or the same ones of something else. */
function relisted(before: Moment, after: Moment): number[] {
  if (changedKeys(before.names, after.names).length === 0) return [];
  return changedKeys(listings(before), listings(after));
}

/** What each directory lists, by its number: names, each followed by the number of its inode. It is a directory's own, whatever way leads there. */
function listings({ names }: Moment): Map<number, string> {
  const found = new Map<number, string>();
  for (const [path, id] of names) {
    if (path === '.') continue;
    const directory = names.get(parentOf(path)) ?? 0;
    const name = path.slice(path.lastIndexOf('/') + 1);
    found.set(directory, `${found.get(directory) ?? ''}/${name}/${id}`);
  }
  return found;
}
