import type { Path } from '../operation.ts';
import { newestVersion, type CrashMoment } from './file-past.ts';
import type { DurabilityHistory } from './history.ts';
import { changedKeys, parentOf } from './moment.ts';
import type { DurabilityMode } from './rules.ts';

/**
 * The oldest version that names and attributes may have where no transactions keep an order (rule 4): that of the last sync of
 * everything, or of an fsync of the only file that has changed since, if nothing changed afterwards. Null when nothing is promised.
 */
export function floorWithoutJournal(
  history: DurabilityHistory,
  crash: CrashMoment,
  { syncFlushesTooSoon = false }: Pick<DurabilityMode, 'syncFlushesTooSoon'>,
): number | null {
  const { completed } = crash;
  const last = newestVersion(history, crash);
  const synced = syncFlushesTooSoon ? 0 : lastSync(history, completed);
  if (isStill(history, synced, last)) return synced;
  for (let version = Math.min(completed, last); version > synced; version--) {
    const file = fileOfFsync(history, version);
    if (file !== null && isStill(history, version, last))
      return changesOnly(history, file, synced, version) ? version : null;
  }
  return null;
}

function lastSync({ steps }: DurabilityHistory, completed: number): number {
  const floors = steps
    .slice(0, completed)
    .flatMap(({ facts: { acknowledged } }, index) =>
      acknowledged?.file === 'every' ? [Math.min(acknowledged.floor, index + 1)] : [],
    );
  return Math.max(0, ...floors);
}

/** The file that the operation synced that made this version. */
function fileOfFsync({ steps }: DurabilityHistory, version: number): number | null {
  const step = steps[version - 1];
  const file = step?.operation.op === 'fsync' ? step.facts.acknowledged?.file : undefined;
  return typeof file === 'number' ? file : null;
}

/** Nothing changed from one version to the other. */
function isStill(history: DurabilityHistory, from: number, to: number): boolean {
  for (let version = from + 1; version <= to; version++) {
    if (namesChanged(history, version).length > 0 || inodesChanged(history, version).length > 0) return false;
  }
  return true;
}

/** Only this regular file changed, or got a name; a directory changes with the name that it gets. */
function changesOnly(history: DurabilityHistory, file: number, from: number, to: number): boolean {
  if (history.inode(file, to)?.stat.type !== 'file') return false;
  for (let version = from + 1; version <= to; version++) {
    const { names } = history.moment(version);
    const named = namesChanged(history, version);
    if (named.some((path) => names.get(path) !== file)) return false;
    const parents = named.map((path) => names.get(parentOf(path)));
    if (inodesChanged(history, version).some((id) => id !== file && !parents.includes(id))) return false;
  }
  return true;
}

/** Names that are new, gone, or those of something else. */
const namesChanged = (history: DurabilityHistory, version: number): Path[] =>
  changedKeys(history.moment(version - 1).names, history.moment(version).names);

const inodesChanged = (history: DurabilityHistory, version: number): number[] =>
  changedKeys(history.moment(version - 1).inodes, history.moment(version).inodes);
