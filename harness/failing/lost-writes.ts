import type { Handle, Operation, OperationName, Outcome, Path, Timestamp } from '../../model/index.ts';
import { saysDamage } from '../damage-errno.ts';
import { FIRST_OF_HARNESS } from '../inspection.ts';
import type { Session } from '../target.ts';
import { fails, type FailedVerdict } from '../verdict.ts';

/**
 * What a write lost, somebody is told: fsync(2) of each descriptor that was open fails once, and where nobody was told yet, that of whoever
 * opens the file next (errseq_t, Documentation/core-api/errseq.rst). So when no call has failed, and fsync of a descriptor does not either,
 * the file is on the device as everybody sees it in memory.
 */

/** Calls that fail so have told that something was lost. */
const TELLS: readonly string[] = ['EIO', 'ENOSPC', 'EROFS'];

/** Calls that neither change the bytes of a file nor ask for what was lost: that one of them fails is another story. */
const SAY_NOTHING: ReadonlySet<OperationName> = new Set<OperationName>([
  'read',
  'pread',
  'load',
  'readahead',
  'seek',
  'fstat',
  'stat',
  'lstat',
  'statfs',
  'readdir',
  'readlink',
  'getxattr',
  'listxattr',
  'lsattr',
  'mkdir',
  'rmdir',
  'symlink',
  'link',
  'rename',
]);

const saysNothing = (operation: Operation): boolean =>
  SAY_NOTHING.has(operation.op) || (operation.op === 'open' && operation.flags.truncate !== true);

export const tellsOfLoss = (operation: Operation, answer: Outcome): boolean =>
  !answer.ok && !saysNothing(operation) && (TELLS.includes(answer.errno) || saysDamage(answer.errno));

const READ_BYTES = 1 << 20;

/** Who asks, and about what. */
export interface Asked {
  /** Descriptors that are open. */
  readonly handles: Iterable<Handle>;
  /** Files that are opened anew; what is gone by now, or nobody may open, is left out. */
  readonly paths: readonly Path[];
  /** Whether the file of each descriptor is one of them. */
  readonly allNamed: boolean;
}

/**
 * Opens and syncs what is `asked` about, forgets what is cached, and looks whether the files still are what they were. Nobody was told of
 * any loss until now. `heal` makes the device well before anybody asks: a sync that fails would tell of itself, not of what was lost, and a
 * read that fails halfway answers what it has, and the rest would look as if it had been lost. Null where all is there, or somebody is told
 * in time.
 */
export async function findLostWrites(
  target: string,
  session: Session,
  asked: Asked,
  heal: () => void,
  now: Timestamp,
): Promise<FailedVerdict | null> {
  const perform = async (operation: Operation): Promise<Outcome> => session.apply(operation, now);
  const read = async (handle: Handle): Promise<Uint8Array | null> => {
    const answer = await perform({ op: 'pread', handle, offset: 0, length: READ_BYTES });
    return answer.ok && answer.value.kind === 'data' ? answer.value.bytes.slice() : null;
  };
  const synced: Handle[] = [];
  const isTold = async (handle: Handle): Promise<boolean> => {
    const sync: Operation = { op: 'fsync', handle };
    const answer = await perform(sync);
    if (answer.ok) synced.push(handle);
    return tellsOfLoss(sync, answer);
  };
  heal();
  // Who has just come asks first: once somebody is told of an error, those who come later need not be.
  const opened = await openAnew(asked.paths, perform);
  for (const handle of opened) if (await isTold(handle)) return null;
  const allAnew = asked.allNamed && opened.length === asked.paths.length && synced.length === opened.length;
  for (const handle of asked.handles) if (await isTold(handle)) return allAnew ? late(target, handle) : null;
  const before = new Map<Handle, Uint8Array>();
  for (const handle of synced) {
    const bytes = await read(handle);
    if (bytes !== null) before.set(handle, bytes);
  }
  await perform({ op: 'drop-caches' });
  for (const [handle, bytes] of before) {
    const after = await read(handle);
    const at = after === null ? null : firstDifference(bytes, after);
    if (at !== null) return lost(target, handle, at);
  }
  return null;
}

async function openAnew(
  paths: readonly Path[],
  perform: (operation: Operation) => Promise<Outcome>,
): Promise<Handle[]> {
  const opened: Handle[] = [];
  for (const [index, path] of paths.entries()) {
    const as: Handle = `fd${FIRST_OF_HARNESS + index}`;
    const { ok } = await perform({ op: 'open', as, path, access: 'read', flags: {}, mode: 0 });
    if (ok) opened.push(as);
  }
  return opened;
}

/** Null where they are the same. */
function firstDifference(left: Uint8Array, right: Uint8Array): number | null {
  if (left.length !== right.length) return Math.min(left.length, right.length);
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? null : at;
}

const failedSync = (target: string, detail: string, evidence: Parameters<typeof fails>[1]): FailedVerdict =>
  fails({ kind: 'result', target, step: null, operation: 'fsync', detail }, evidence);

const lost = (target: string, handle: Handle, at: number): FailedVerdict =>
  failedSync(target, 'fsync answers ok, and a write was lost', {
    summary: `${target} lost a write when its device failed, and tells nobody: fsync answers ok`,
    operation: { op: 'fsync', handle },
    expected: 'EIO of some call, or what was written',
    observed: `byte ${at} is another one when it is read from the device again`,
  });

/** An error that nobody was told of is for whoever comes first (errseq_sample). */
const late = (target: string, handle: Handle): FailedVerdict =>
  failedSync(target, 'fsync tells an older descriptor what it did not tell a new one', {
    summary: `${target} lost a write when its device failed, and does not tell who opens the file then`,
    operation: { op: 'fsync', handle },
    expected: 'EIO of fsync on the descriptor that was opened after the loss, for nobody had been told of it',
    observed: 'ok there, and EIO of fsync on one that was open before',
  });
