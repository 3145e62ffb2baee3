import type { FileSystem } from '../../../generated/impl/index.ts';
import type { DirectoryEntry, Outcome, Stat, Value } from '../../../model/index.ts';

/** The answers of the file system, in the words that the model uses. */

export const DONE: Outcome = Object.freeze({ ok: true, value: Object.freeze({ kind: 'done' }) });
export const success = (value: Value): Outcome => ({ ok: true, value });
export const counted = (count: number): Outcome => success({ kind: 'count', count });

/** A count that no buffer holds is the target's mistake; it is shown as a count and never taken for data. */
export function data(buffer: Uint8Array, count: number): Outcome {
  if (count < 0 || count > buffer.length) return counted(count);
  return success({ kind: 'data', bytes: count === buffer.length ? buffer : buffer.subarray(0, count) });
}

export function statOutcome(stat: ReturnType<FileSystem['stat']>): Outcome {
  const { type, mode, links, uid, gid, size, atime, mtime, ctime, device } = stat;
  const shown: Stat = {
    type,
    mode,
    links,
    uid,
    gid,
    size: type === 'directory' ? 0 : size,
    atime,
    mtime,
    ctime,
  };
  return success({ kind: 'stat', stat: device === undefined ? shown : { device, ...shown } });
}

export function sortedEntries(listing: ReturnType<FileSystem['readdir']>): DirectoryEntry[] {
  const entries = listing.map(({ name, type }) => ({ name, type }));
  return entries.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}
