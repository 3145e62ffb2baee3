import type { Handle, Operation, Outcome, Timestamp } from '../../model/index.ts';
import { saysDamage } from '../damage-errno.ts';
import type { Session } from '../target.ts';
import { fails, type FailedVerdict } from '../verdict.ts';

/**
 * What a write lost, somebody is told: fsync(2) of each descriptor that was open fails once (errseq_t, Documentation/core-api/errseq.rst).
 * So when no call has failed, and fsync of a descriptor does not either, the file is on the device as everybody sees it in memory.
 */

/** Calls that fail so have told that something was lost. */
const TELLS: readonly string[] = ['EIO', 'ENOSPC', 'EROFS'];

export const tellsOfLoss = (answer: Outcome): boolean =>
  !answer.ok && (TELLS.includes(answer.errno) || saysDamage(answer.errno));

const READ_BYTES = 1 << 20;

/**
 * Syncs each of `handles`, forgets what is cached, and looks whether the files still are what they were. Nobody was told of any loss
 * until now; the device is as it is, and `heal` makes it well. Null where all is there, or somebody is told in time.
 */
export async function findLostWrites(
  target: string,
  session: Session,
  handles: Iterable<Handle>,
  heal: () => void,
  now: Timestamp,
): Promise<FailedVerdict | null> {
  const perform = async (operation: Operation): Promise<Outcome> => session.apply(operation, now);
  const read = async (handle: Handle): Promise<Uint8Array | null> => {
    const answer = await perform({ op: 'pread', handle, offset: 0, length: READ_BYTES });
    return answer.ok && answer.value.kind === 'data' ? answer.value.bytes.slice() : null;
  };
  const before = new Map<Handle, Uint8Array>();
  for (const handle of handles) {
    const synced = await perform({ op: 'fsync', handle });
    if (tellsOfLoss(synced)) return null;
    if (!synced.ok) continue;
    const bytes = await read(handle);
    if (bytes !== null) before.set(handle, bytes);
  }
  heal();
  await perform({ op: 'drop-caches' });
  for (const [handle, bytes] of before) {
    const after = await read(handle);
    const at = after === null ? null : firstDifference(bytes, after);
    if (at !== null) return lost(target, handle, at);
  }
  return null;
}

/** Null where they are the same. */
function firstDifference(left: Uint8Array, right: Uint8Array): number | null {
  if (left.length !== right.length) return Math.min(left.length, right.length);
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? null : at;
}

const lost = (target: string, handle: Handle, at: number): FailedVerdict =>
  fails(
    {
      kind: 'result',
      target,
      step: null,
      operation: 'fsync',
      detail: 'fsync answers ok, and a write was lost',
    },
    {
      summary: `${target} lost a write when its device failed, and tells nobody: fsync answers ok`,
      operation: { op: 'fsync', handle },
      expected: 'EIO of some call, or what was written',
      observed: `byte ${at} is another one when it is read from the device again`,
    },
  );
