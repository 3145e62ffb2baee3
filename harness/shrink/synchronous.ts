import type { Operation } from '../../model/index.ts';
import { handlesOf } from './removal.ts';
import type { Search } from './search.ts';

type Sync = Extract<Operation, { op: 'fsync' | 'fdatasync' | 'sync' | 'syncfs' }>;
type Write = Extract<Operation, { op: 'write' | 'pwrite' }>;

const isSync = (operation: Operation | undefined): operation is Sync =>
  operation !== undefined && ['fsync', 'fdatasync', 'sync', 'syncfs'].includes(operation.op);

/** What is brought to the disk by a call of its own is brought there by the write before it, which is one operation less. */
export async function foldSyncs(search: Search): Promise<void> {
  await search.tryFirst(openedSynchronously(search.current));
  await search.tryFirst(namesSynchronously(search.current));
  for (let index = search.current.length - 1; index >= 0; index--) {
    const { current } = search;
    const sync = current[index];
    if (!isSync(sync)) continue;
    const place = current.slice(0, index).findLastIndex((one) => isWriteOf(one, sync));
    const write = current[place];
    if (write === undefined || !isWriteOf(write, sync)) continue;
    const { rwf = [] } = write;
    const synchronous: Operation = { ...write, rwf: [...rwf.filter((flag) => flag !== 'dsync'), 'dsync'] };
    await search.try(current.with(place, synchronous).toSpliced(index, 1));
  }
}

/** Whether a call brings to the disk what this operation writes; one that names no descriptor does it for all. */
const isWriteOf = (operation: Operation, sync: Sync): operation is Write =>
  (operation.op === 'write' || operation.op === 'pwrite') &&
  handlesOf(sync).every((handle) => handle === operation.handle);

/** Descriptors whose writes are synchronous need no call that brings them to the disk, however many there are. */
function* openedSynchronously(operations: readonly Operation[]): Generator<Operation[]> {
  for (const open of operations) {
    if (open.op !== 'open') continue;
    const synchronous: Operation = { ...open, flags: { ...open.flags, sync: true } };
    const rest = operations.filter((one) => !(isSync(one) && handlesOf(one).includes(open.as)));
    if (rest.length < operations.length) yield rest.with(rest.indexOf(open), synchronous);
  }
}

/** So many calls at least that one flag stands for. */
const WORTH_A_FLAG = 2;

/** Where changes of names are waited for, no call need bring them to the disk; perhaps one does the rest, at last. */
function* namesSynchronously(operations: readonly Operation[]): Generator<Operation[]> {
  const last = operations.findLastIndex(isSync);
  for (const kept of [null, last]) {
    const rest = operations.filter((one, index) => index === kept || !isSync(one));
    if (operations.length - rest.length >= WORTH_A_FLAG) yield [ROOT_IS_DIRSYNC, ...rest];
  }
}

const ROOT_IS_DIRSYNC: Operation = {
  op: 'chattr',
  path: '.',
  immutable: false,
  append: false,
  dirsync: true,
};
