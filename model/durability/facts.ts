import type { Inode } from '../inode.ts';
import { PAGE_BYTES } from '../limits.ts';
import type { Handle, OpenFlags, Operation, Outcome } from '../operation.ts';
import type { OperationOf } from '../operation-of.ts';
import type { SparseContents } from '../sparse-contents.ts';
import type { State } from '../state.ts';
import { concernsAll, type Acknowledgement } from './acknowledgement.ts';
import type { DurabilityHistory } from './history.ts';
import { floorsAt, lastDataChange, type Floors } from './last-data-change.ts';
import type { InodeMoment, Moment } from './moment.ts';
import { isCommittedAtOnce } from './synchronous-changes.ts';

/** What an operation means for what may be found after a power cut. */
export interface Facts {
  readonly acknowledged: Acknowledgement | null;
  /** It set the size of this inode itself, in a transaction of its own. */
  readonly resized: number | null;
  /** It moved the size on the disk forward to this much, over what may be in memory only. */
  readonly recorded: { readonly inode: number; readonly size: number; readonly byHole: boolean } | null;
  /** Bytes [start, end) of this inode lost the blocks that held them, or are beyond the end. */
  readonly destroyed: {
    readonly inode: number;
    readonly start: number;
    readonly end: number;
    readonly cut: boolean;
  } | null;
  readonly sent: Sent | null;
  /** The file took the name of another, or was closed after it was cut to nothing: rule 14 of rules.ts. */
  readonly replaced: number | null;
  /** By so many bytes what lies behind a place moved (collapse and insert). */
  readonly shifted: { readonly inode: number; readonly by: number } | null;
}

/** Bytes from `start` on of this inode were sent to the device before what lies in front of them. */
export interface Sent {
  readonly inode: number;
  readonly start: number;
  /** The call waited until they had arrived. */
  readonly waited: boolean;
}

export const NO_FACTS: Facts = {
  acknowledged: null,
  resized: null,
  recorded: null,
  destroyed: null,
  sent: null,
  replaced: null,
  shifted: null,
};

export interface Observed {
  readonly state: State;
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly before: Moment;
  readonly after: Moment;
  readonly history: DurabilityHistory;
  readonly idOf: (inode: Inode) => number;
  readonly flagsOf: (handle: Handle) => OpenFlags;
  /** The inode that a descriptor was opened on. */
  readonly openedAs: (handle: Handle) => number | null;
}

/** What follows from an operation that succeeded. */
export function factsOf(seen: Observed): Facts {
  const facts = ownFacts(seen);
  const { operation, before, after } = seen;
  if (facts.acknowledged !== null || !isCommittedAtOnce(operation, before, after)) return facts;
  return { ...facts, acknowledged: allMetadata(seen) };
}

function ownFacts(seen: Observed): Facts {
  const { operation } = seen;
  switch (operation.op) {
    case 'sync':
    case 'syncfs':
    case 'remount':
      return { ...NO_FACTS, acknowledged: everything(seen) };
    case 'fsync':
    case 'fdatasync':
      return { ...NO_FACTS, acknowledged: syncedBy(seen, operation) };
    case 'write':
    case 'pwrite':
      return writeFacts(seen, operation);
    case 'msync':
      return msyncFacts(seen, operation);
    case 'sync-file-range':
      if (!operation.write) return NO_FACTS;
      return { ...NO_FACTS, sent: sentBy(seen, inodeOf(seen, operation.handle), operation.offset) };
    case 'writeback': {
      const inode = seen.state.walk.resolve(operation.path, true);
      if (typeof inode === 'string') return NO_FACTS;
      return { ...NO_FACTS, sent: sentBy(seen, seen.idOf(inode), operation.offset) };
    }
    case 'truncate':
    case 'ftruncate':
    case 'open':
      return resizeFacts(seen);
    case 'fallocate':
      return fallocateFacts(seen, operation);
    case 'rename':
      return { ...NO_FACTS, replaced: replacedBy(seen, operation) };
    case 'close':
      return { ...NO_FACTS, replaced: writtenAnew(seen, operation.handle) };
    default:
      return NO_FACTS;
  }
}

const pageOf = (offset: number): number => offset - (offset % PAGE_BYTES);

/**
 * By a call that does not wait for pages which are on their way already, but passes over them, with what was written to them since
 * (folio_prepare_writeback with WB_SYNC_NONE): then anything may lie in front of what is sent.
 */
const sentBy = ({ history }: Observed, inode: number, offset: number): Sent => ({
  inode,
  start: isUnderWay(history, inode) ? Infinity : pageOf(offset),
  waited: false,
});

/** Whether pages of the inode may be on their way since all of them were last waited for. */
function isUnderWay({ steps }: DurabilityHistory, inode: number): boolean {
  const waited = steps.findLastIndex(({ facts }) => concernsAll(facts.acknowledged, inode));
  const since = steps.slice(waited + 1);
  return since.some(({ facts: { sent } }) => sent?.inode === inode && !sent.waited);
}

const everything = ({ history }: Observed): Acknowledgement => ({
  ...floorsAt(history.version),
  file: 'every',
  start: 0,
  end: Infinity,
  reaches: Infinity,
});

/** Everything that is no file's data: transactions are committed in order. */
const allMetadata = ({ history }: Observed): Acknowledgement => ({
  ...floorsAt(history.version),
  file: 'none',
  start: 0,
  end: 0,
  reaches: 0,
});

function syncedBy(seen: Observed, { op, handle }: OperationOf<'fsync' | 'fdatasync'>): Acknowledgement {
  const file = inodeOf(seen, handle);
  if (seen.after.inodes.get(file)?.stat.type !== 'file') return allMetadata(seen);
  const floors = op === 'fsync' ? lastChange(seen, file) : lastDataChange(seen.history, file);
  return { ...floors, file, start: 0, end: Infinity, reaches: Infinity };
}

function inodeOf({ state, idOf }: Observed, handle: Handle): number {
  const file = state.handles.get(handle);
  if (file === undefined) throw new Error(`an operation on ${handle} succeeded, which is not open`);
  return idOf(file.inode);
}

/** The last version in which anything of the inode changed. */
function lastChange({ history }: Observed, id: number): Floors {
  for (let version = history.version; version > 0; version--)
    if (history.inode(id, version) !== history.inode(id, version - 1)) return floorsAt(version);
  return floorsAt(0);
}

function writeFacts(seen: Observed, operation: OperationOf<'write' | 'pwrite'>): Facts {
  const { state, outcome, flagsOf, after } = seen;
  const file = state.handles.get(operation.handle);
  const count = outcome.ok && outcome.value.kind === 'count' ? outcome.value.count : 0;
  if (file === undefined || count === 0) return NO_FACTS;
  const id = seen.idOf(file.inode);
  const flags = flagsOf(operation.handle);
  const rwf = operation.rwf ?? [];
  const appends = file.append || rwf.includes('append');
  const size = after.inodes.get(id)?.stat.size ?? 0;
  const end = appends ? size : operation.op === 'write' ? file.position : operation.offset + count;
  const start = end - count;
  const sync = flags.sync === true || rwf.includes('sync');
  // The flag S of a file makes its writes those of O_DSYNC, not of O_SYNC (iocb_is_dsync, generic_write_sync).
  const dsync = sync || flags.dsync === true || rwf.includes('dsync') || file.inode.flags.sync;
  const floors = sync ? lastChange(seen, id) : lastDataChange(seen.history, id, start, end);
  const leaves = rwf.includes('dontcache') ? sentBy(seen, id, start) : null;
  return {
    ...NO_FACTS,
    acknowledged: dsync ? { ...floors, file: id, start, end, reaches: end } : null,
    sent: dsync || file.direct ? { inode: id, start: pageOf(start), waited: true } : leaves,
  };
}

function msyncFacts(seen: Observed, { mapping, offset, length, mode }: OperationOf<'msync'>): Facts {
  const mapped = seen.state.mappings.get(mapping);
  if (mapped === undefined || mode !== 'sync' || mapped.sharing !== 'shared') return NO_FACTS;
  const id = seen.idOf(mapped.inode);
  const start = pageOf(mapped.offset + offset);
  const end = mapped.offset + offset + length;
  const floors = lastDataChange(seen.history, id, start, end);
  const reaches = endOfWritten(seen.after.inodes.get(id)?.contents ?? null, start, end);
  return {
    ...NO_FACTS,
    acknowledged: { ...floors, file: id, start, end, reaches },
    sent: { inode: id, start, waited: true },
  };
}

/** Where the last written byte of a range ends; 0 when there is none: a hole moves no size. */
function endOfWritten(contents: SparseContents | null, start: number, end: number): number {
  let reaches = 0;
  let at = start;
  for (const { kind, length } of contents?.read(start, Math.max(0, Math.min(end, contents.size) - start)) ??
    []) {
    at += length;
    if (kind === 'bytes') reaches = at;
  }
  return reaches;
}

/** The inode that took a name from another (ext4_rename calls ext4_alloc_da_blocks then). */
function replacedBy({ before, after }: Observed, { from, to, flag }: OperationOf<'rename'>): number | null {
  const id = before.names.get(from);
  const old = before.names.get(to);
  if (flag !== undefined || id === undefined || old === undefined || id === old) return null;
  return after.names.get(to) === id ? id : null;
}

/** Operations that may open and close the file of their path, which ext4_release_file takes for the close of rule 14. */
const PASSING: ReadonlySet<Operation['op']> = new Set(['chattr', 'writeback', 'reclaim']);

/**
 * The file that was closed, if it was cut to nothing before (EXT4_STATE_DA_ALLOC_CLOSE) and nobody else has closed it since. Which
 * file a passing operation was about is left open: there may have been a symbolic link.
 */
function writtenAnew({ history, openedAs }: Observed, handle: Handle): number | null {
  const id = openedAs(handle);
  if (id === null) return null;
  for (let version = history.version; version > 0; version--) {
    const { facts, operation } = history.steps[version - 1] ?? {};
    if (facts?.replaced === id || (operation !== undefined && PASSING.has(operation.op))) return null;
    if (facts?.resized === id) return history.inode(id, version)?.stat.size === 0 ? id : null;
  }
  return null;
}

/** The inode that has another size than before; null when none has. */
function resizedIn({ before, after }: Observed): { readonly now: InodeMoment; readonly then: number } | null {
  for (const [id, now] of after.inodes) {
    const then = before.inodes.get(id);
    if (then?.contents !== undefined && then.contents !== null && then.stat.size !== now.stat.size)
      return { now, then: then.stat.size };
  }
  return null;
}

function resizeFacts(seen: Observed): Facts {
  const resized = resizedIn(seen);
  if (resized === null) return { ...NO_FACTS, recorded: sizeOfSame(seen) };
  const { now, then } = resized;
  const { size } = now.stat;
  const destroyed = size < then ? { inode: now.id, start: size, end: Infinity, cut: true } : null;
  return { ...NO_FACTS, resized: now.id, destroyed };
}

/** A truncation to the size that a file has already brings i_disksize up to it (ext4_ext_truncate, ext4_ind_truncate). */
function sizeOfSame({ state, operation, before, idOf }: Observed): Facts['recorded'] {
  if (operation.op !== 'truncate' && operation.op !== 'ftruncate') return null;
  const inode =
    operation.op === 'truncate'
      ? state.walk.resolve(operation.path, true)
      : (state.handles.get(operation.handle)?.inode ?? 'EBADF');
  if (typeof inode === 'string') return null;
  const id = idOf(inode);
  return { inode: id, size: before.inodes.get(id)?.stat.size ?? 0, byHole: false };
}

/** What ext4_update_disksize_before_punch brings i_disksize up to. Nothing is punched from the end on (ext4_punch_hole), but zeroed. */
function sizeBeforeHole(
  { before }: Observed,
  { mode, offset, length }: OperationOf<'fallocate'>,
  inode: number,
): Facts['recorded'] {
  const size = before.inodes.get(inode)?.stat.size ?? 0;
  const nothing = mode === 'punch' ? offset >= size : offset > size;
  return nothing ? null : { inode, size: Math.min(size, offset + length), byHole: true };
}

/** An allocation within the size moves i_disksize to its end (ext4_do_fallocate asks for that, ext4_update_inode_size does it). */
const sizeAllocated = (
  { before }: Observed,
  { offset, length }: OperationOf<'fallocate'>,
  inode: number,
): NonNullable<Facts['recorded']> => ({
  inode,
  size: Math.min(before.inodes.get(inode)?.stat.size ?? 0, offset + length),
  byHole: false,
});

function fallocateFacts(seen: Observed, operation: OperationOf<'fallocate'>): Facts {
  const { mode, offset, length, handle } = operation;
  const id = inodeOf(seen, handle);
  const resized = resizedIn(seen) === null ? null : id;
  switch (mode) {
    case 'punch':
    case 'zero':
    case 'zero-keep-size':
    case 'write-zeroes':
      return {
        ...NO_FACTS,
        resized,
        recorded: sizeBeforeHole(seen, operation, id),
        destroyed: { inode: id, start: offset, end: offset + length, cut: false },
      };
    case 'collapse':
      return { ...NO_FACTS, resized, shifted: { inode: id, by: length } };
    case 'insert':
      return { ...NO_FACTS, resized, shifted: { inode: id, by: -length } };
    case 'allocate':
      return { ...NO_FACTS, resized, recorded: sizeAllocated(seen, operation, id) };
    default:
      return { ...NO_FACTS, resized };
  }
}
