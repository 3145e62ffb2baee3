import type { Errno, FileExtent, Operation, Outcome } from '../../../model/index.ts';
import { contentBytes, placeInPool } from '../../content.ts';
import { changedFlagBits, flagNamesOf } from '../../inode-flag-bits.ts';
import { SWAP_HEADER } from '../swap-header.ts';
import { xattrBytes } from '../xattr-value.ts';
import type { PerformerAnswer, Told } from './performer.ts';

const ALL_BITS = 0xffffffff;
const NOTHING = new Uint8Array(0);

/** An operation as the performer is told it, and the bytes that go with it. */
export function requestOf(operation: Operation): Told {
  switch (operation.op) {
    case 'write':
    case 'pwrite':
    case 'store': {
      const { content, ...rest } = operation;
      const place = placeInPool(content);
      if (place !== null) return { operation: { ...rest, content: place }, data: NOTHING };
      return { operation: rest, data: contentBytes(content) };
    }
    case 'setxattr': {
      const { value, ...rest } = operation;
      return { operation: rest, data: xattrBytes(value) };
    }
    case 'mkswap': {
      const { handle } = operation;
      return { operation: { op: 'pwrite', handle, offset: 0 }, data: SWAP_HEADER };
    }
    case 'chattr': {
      const { op, path } = operation;
      const set = changedFlagBits(0, operation);
      const cleared = ~changedFlagBits(ALL_BITS, operation) >>> 0;
      return { operation: { op, path, set, cleared }, data: NOTHING };
    }
    case 'reconfigure': {
      const options = [operation.mount.dioreadNolock === true ? 'dioread_nolock' : 'dioread_lock'];
      return { operation: { op: 'reconfigure', options }, data: NOTHING };
    }
    default:
      return { operation: { ...operation }, data: NOTHING };
  }
}

/** What the kernel answered, in the words of the model. */
export function outcomeOf({ value, errno, data }: PerformerAnswer): Outcome {
  if (errno !== undefined) return { ok: false, errno: errno as Errno };
  if (value === undefined) throw new Error('the performer answered nothing');
  if (value.kind === 'data') return { ok: true, value: { kind: 'data', bytes: data } };
  if (value.kind === 'flags' && 'bits' in value) {
    return { ok: true, value: { kind: 'flags', flags: flagNamesOf(value.bits), project: value.project } };
  }
  if (value.kind === 'extents') {
    const extents = value.extents.map(({ offset, length, flags }) => ({
      offset,
      length,
      state: stateOf(flags),
    }));
    return { ok: true, value: { kind: 'extents', extents } };
  }
  if (value.kind === 'entries') {
    const entries = [...value.entries].sort((left, right) => (left.name < right.name ? -1 : 1));
    return { ok: true, value: { kind: 'entries', entries } };
  }
  if (value.kind === 'names') return { ok: true, value: { kind: 'names', names: [...value.names].sort() } };
  return { ok: true, value };
}

/** FIEMAP_EXTENT_DELALLOC, FIEMAP_EXTENT_DATA_INLINE and FIEMAP_EXTENT_UNWRITTEN. */
const EXTENT_STATES = [
  [0x4, 'delayed'],
  [0x200, 'inline'],
  [0x800, 'unwritten'],
] as const;

const stateOf = (flags: number): FileExtent['state'] =>
  EXTENT_STATES.find(([flag]) => (flags & flag) !== 0)?.[1] ?? 'written';
