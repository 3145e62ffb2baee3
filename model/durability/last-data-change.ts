import type { Operation } from '../operation.ts';
import { concernsAll } from './acknowledgement.ts';
import type { DurabilityHistory } from './history.ts';

/** The version that is there at least, where i_disksize may be behind i_size, and where it never is. */
export interface Floors {
  readonly floor: number;
  readonly floorAtOnce: number;
}

export const floorsAt = (version: number): Floors => ({ floor: version, floorAtOnce: version });

const TRUNCATIONS: ReadonlySet<Operation['op']> = new Set(['truncate', 'ftruncate', 'open']);

/**
 * The last version in which what is needed to find bytes [start, end) of a file changed: it was made, got another size on the disk
 * without a write, or came to end within them. A write that made it longer behind them is in memory only, and is not sent by whoever
 * asks for these; what a truncation has taken away since is sent by nobody.
 */
export function lastDataChange(history: DurabilityHistory, id: number, start = 0, end = Infinity): Floors {
  let floorAtOnce: number | null = null;
  let leastSince = Infinity;
  for (let version = history.version; version > 0; version--) {
    const then = history.inode(id, version - 1);
    const size = history.inode(id, version)?.stat.size ?? 0;
    const resized = history.steps[version - 1]?.facts.resized === id;
    if (resized) floorAtOnce ??= version;
    const grew = size !== then?.stat.size && size > start && size <= Math.min(end, leastSince);
    if (then === null || (resized ? movedOnDisk(history, id, version) : grew))
      return { floor: version, floorAtOnce: floorAtOnce ?? version };
    leastSince = Math.min(leastSince, size);
  }
  return { floor: 0, floorAtOnce: floorAtOnce ?? 0 };
}

/**
 * Whether i_disksize was certainly another one before: a truncation that only takes away what was never given a place changes
 * nothing that fdatasync asks for (ext4_do_update_inode; Linux 6.1 was asked).
 */
function movedOnDisk(history: DurabilityHistory, id: number, version: number): boolean {
  if (!TRUNCATIONS.has(history.steps[version - 1]?.operation.op ?? 'open')) return true;
  const size = history.inode(id, version)?.stat.size ?? 0;
  let [least, most] = [0, 0];
  for (let one = version - 1; one >= 0; one--) {
    const before = history.inode(id, one);
    if (before === null) break;
    most = Math.max(most, before.stat.size);
    const facts = history.steps[one - 1]?.facts;
    const isWhole = concernsAll(facts?.acknowledged ?? null, id);
    const resized = facts?.resized === id;
    if (resized || isWhole || one === 0) least = Math.max(least, before.stat.size);
    if (facts?.recorded?.inode === id) least = Math.max(least, facts.recorded.size);
    if (resized) break;
  }
  return size < least || size > most;
}
