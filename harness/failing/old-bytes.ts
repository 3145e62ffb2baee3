import type { Operation, Outcome, Path, Timestamp } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import type { Setup } from '../setup.ts';
import type { Session } from '../target.ts';
import { fails, type FailedVerdict } from '../verdict.ts';

/**
 * Whatever fails, nobody sees what was in a block before it was this file's: where new blocks are unwritten until their data has
 * arrived, a write that fails leaves them so. Blocks that nobody has used yet hold bytes by which they can be told.
 */

/** Whose device, and whether these bytes were there before anybody wrote. */
export interface OldBytesJudge {
  readonly target: string;
  readonly findOldBytes: (bytes: Uint8Array) => number | null;
}

/** Data in the journal, or blocks that are written as soon as they are placed, promise nothing: so it is in Linux, too. */
export function hidesOldBytes(
  target: string,
  { mount, format }: Setup,
  operations: readonly Operation[],
): boolean {
  if (mount.data === 'journal' || mount.dax === true) return false;
  if (!hasFeature(format, 'extent')) return false;
  // On the buffer_head path: ext4_should_dioread_nolock(), and delayed allocation, without which blocks are placed written.
  const usesIomap = target === 'impl:iomap' && !hasFeature(format, 'inline_data');
  const unwrittenFirst = usesIomap || (mount.dioreadNolock && mount.delalloc);
  return unwrittenFirst && !operations.some(changesMaps);
}

/**
 * What makes files that are placed in another way, or gives a file that is written places whose data has still to arrive: what
 * EXT4_IOC_MOVE_EXT exchanges stays written (ext4_swap_extents()).
 */
const changesMaps = ({ op }: Operation): boolean =>
  op === 'chattr' || op === 'reconfigure' || op === 'move-extent';

/** Null where an answer shows nothing old. */
export function showsOldBytes(
  { target, findOldBytes }: OldBytesJudge,
  operation: Operation,
  answer: Outcome,
  step: number | null,
): FailedVerdict | null {
  if (!answer.ok || answer.value.kind !== 'data') return null;
  const at = findOldBytes(answer.value.bytes);
  if (at === null) return null;
  return fails(
    { kind: 'result', target, step, operation: operation.op, detail: `${operation.op} shows old bytes` },
    {
      summary: `${target} shows in ${operation.op} what a block, or memory, held before it was this file's, when its device had failed`,
      operation,
      expected: 'what somebody wrote there, or zeros',
      observed: `old bytes from byte ${at} of the answer on`,
    },
  );
}

/** As much of a file as is looked at from its beginning, in bytes. */
const LOOK_BYTES = 1 << 18;

const HANDLE = 'fd1000000';

/** Looks for old bytes in every file of a file system that was mounted again; what cannot be read shows none. */
export async function lookForOldBytes(
  judge: OldBytesJudge,
  session: Session,
  now: Timestamp,
): Promise<FailedVerdict | null> {
  const perform = async (operation: Operation): Promise<Outcome> => session.apply(operation, now);
  const waiting: Path[] = ['.'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const listing = await perform({ op: 'readdir', path });
    if (!listing.ok || listing.value.kind !== 'entries') continue;
    for (const { name, type } of listing.value.entries) {
      const child = path === '.' ? name : `${path}/${name}`;
      if (type === 'directory') waiting.push(child);
      if (type !== 'file') continue;
      const failed = await lookAtFile(child);
      if (failed !== null) return failed;
    }
  }
  return null;

  async function lookAtFile(path: Path): Promise<FailedVerdict | null> {
    const open: Operation = { op: 'open', as: HANDLE, path, access: 'read', flags: {}, mode: 0 };
    if (!(await perform(open)).ok) return null;
    const read: Operation = { op: 'pread', handle: HANDLE, offset: 0, length: LOOK_BYTES };
    const failed = showsOldBytes(judge, read, await perform(read), null);
    await perform({ op: 'close', handle: HANDLE });
    return failed;
  }
}
