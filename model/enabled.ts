import type { Content, Errno, Handle, Operation, SetTime } from './operation.ts';
import type { Inode } from './inode.ts';
import { hasKnownAttribute, isKnownName } from './enabled-attributes.ts';
import { INT_MAX, MODE_MAX, TRANSFER_BYTES_MAX, isNumber } from './limits.ts';
import { maxFileBytesOf } from './options.ts';
import type { OperationOf } from './operation-of.ts';
import { goesOnWhileFrozen } from './freezing.ts';
import { isKnownInMapping, isKnownMmap } from './enabled-mappings.ts';
import { isKnownCopy, isKnownTransfer } from './enabled-transfers.ts';
import { isKnownInsertion } from './preallocating.ts';
import { dropsByChance } from './privileges.ts';
import { renameIsDisputed } from './renaming.ts';
import type { State } from './state.ts';

/** Descriptors that a run holds at most. Far below a process' usual limit of 1024, so EMFILE never comes. */
export const HANDLES_MAX = 256;

/** Half of a pair has no UTF-8, so no file system could give it back. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const UID_MAX = 2 ** 32 - 2;
const GROUPS_MAX = 64;
const MAJOR_MAX = 0xfff;
const MINOR_MAX = 0xfffff;

/**
 * Whether `operation` is worth trying: its arguments are of the vocabulary, its descriptor is open, and what it answers
 * is decided by Linux rather than by the kernel's version or a file system's private numbers.
 */
export function isEnabled(state: State, operation: Operation): boolean {
  if (state.frozen && !goesOnWhileFrozen(operation)) return false;
  return isKnown(state, operation);
}

function isKnown(state: State, operation: Operation): boolean {
  switch (operation.op) {
    case 'open':
      return (
        !state.handles.has(operation.as) &&
        state.handles.size < HANDLES_MAX &&
        isPath(operation.path) &&
        isMode(operation.mode) &&
        !opensSpecial(state, operation.path)
      );
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
    case 'seek':
    case 'ftruncate':
    case 'close':
    case 'fsync':
    case 'fdatasync':
    case 'fstat':
    case 'link-handle':
    case 'mkswap':
    case 'fallocate':
    case 'readahead':
    case 'fadvise':
    case 'sync-file-range':
    case 'syncfs':
      return state.handles.has(operation.handle) && hasUsableRange(state, operation);
    case 'rename':
      return isPath(operation.from) && isPath(operation.to) && !renameIsDisputed(state, operation);
    case 'link':
      return isPath(operation.from) && isPath(operation.to);
    case 'symlink':
      return isPath(operation.path) && isPath(operation.target);
    case 'mmap':
      return isKnownMmap(state, operation);
    case 'munmap':
    case 'load':
    case 'store':
    case 'msync':
      return isKnownInMapping(state, operation);
    case 'copy-file-range':
    case 'sendfile':
      return isKnownCopy(state, operation);
    case 'move-extent':
      return isKnownMove(state, operation);
    case 'setcreds':
      return (
        isOwner(operation.uid) &&
        isOwner(operation.gid) &&
        operation.groups.length <= GROUPS_MAX &&
        operation.groups.every(isOwner)
      );
    case 'statfs':
    case 'sync':
    case 'drop-caches':
    case 'freeze':
    case 'thaw':
    case 'remount':
      return true;
    case 'trim':
      return isKnownTrim(state, operation);
    case 'reconfigure':
      return isKnownReconfiguration(operation);
    default:
      return isPath(operation.path) && hasUsableArguments(state, operation);
  }
}

/** The ioctl is handed 64 bits, and there are 32 bits of blocks. */
const MOVED_BLOCKS_MAX = 2 ** 33;

function isKnownMove({ handles, options }: State, operation: OperationOf<'move-extent'>): boolean {
  const { handle, donor, offset, donorOffset, length } = operation;
  if (!handles.has(handle) || !handles.has(donor) || options.inlineData) return false;
  return [offset, donorOffset, length].every((blocks) => isNumber(blocks, 0, MOVED_BLOCKS_MAX));
}

/** Where a device ends, and how large its groups are, the model does not know: every device has so much. */
const TRIM_START_MAX = 1 << 20;
const TRIM_CLUSTERS_MAX = 8;

function isKnownTrim({ options }: State, { start, length, minimum }: OperationOf<'trim'>): boolean {
  return (
    isNumber(start, 0, TRIM_START_MAX) &&
    isNumber(length, 0, Number.MAX_SAFE_INTEGER) &&
    isNumber(minimum, 0, TRIM_CLUSTERS_MAX * options.clusterBytes)
  );
}

const isKnownReconfiguration = ({ mount }: OperationOf<'reconfigure'>): boolean =>
  mount.dioreadNolock !== undefined || mount.bufferedIomap !== undefined;

type HandleOperation = Extract<Operation, { handle: Handle }>;

type PathOperation = Exclude<
  Extract<Operation, { path: string }>,
  OperationOf<'open' | 'symlink'> | HandleOperation
>;

function hasUsableRange(state: State, operation: HandleOperation): boolean {
  switch (operation.op) {
    case 'read':
    case 'pread':
      return isLength(operation.length) && isKnownTransfer(state, operation, operation.length);
    case 'write':
    case 'pwrite':
      return (
        isContent(operation.content) &&
        !writesByChance(state, operation.handle) &&
        isKnownTransfer(state, operation, operation.content.length)
      );
    case 'readahead':
      return isNumber(operation.offset, 0, Number.MAX_SAFE_INTEGER) && isLength(operation.length);
    case 'fadvise':
    case 'sync-file-range':
      return Number.isSafeInteger(operation.offset) && Number.isSafeInteger(operation.length);
    case 'ftruncate':
      return Number.isSafeInteger(operation.size);
    case 'seek':
      return isKnownSeek(state, operation);
    case 'mkswap':
      return isKnownHeader(state, operation.handle);
    case 'fallocate':
      return isKnownFallocate(state, operation);
    case 'link-handle':
      return isPath(operation.to);
    default:
      return true;
  }
}

function isKnownFallocate(state: State, operation: OperationOf<'fallocate'>): boolean {
  const { handle, offset, length } = operation;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return false;
  return !writesByChance(state, handle) && isKnownInsertion(state, operation);
}

/** Where the header lands: not of a descriptor that appends, nor past the cache, where it depends on blocks. */
function isKnownHeader(state: State, handle: Handle): boolean {
  const file = state.handles.get(handle);
  return file?.append === false && !file.direct && !writesByChance(state, handle);
}

function writesByChance(state: State, handle: Handle): boolean {
  const file = state.handles.get(handle);
  return file !== undefined && dropsByChance(state, file.inode);
}

/** The end of a directory, and how far beyond the largest file its positions go, depend on its hash tree. */
function isKnownSeek(state: State, operation: OperationOf<'seek'>): boolean {
  const { offset, whence } = operation;
  if (!Number.isSafeInteger(offset)) return false;
  const file = state.handles.get(operation.handle);
  if (file === undefined || file.type === 'file') return true;
  if (whence === 'data' || whence === 'hole') return false;
  const base = whence === 'current' ? file.position : 0;
  return whence !== 'end' && base + offset <= maxFileBytesOf(state.options);
}

function hasUsableArguments(state: State, operation: PathOperation): boolean {
  switch (operation.op) {
    case 'mkdir':
    case 'chmod':
      return isMode(operation.mode);
    case 'mknod':
      return (
        isMode(operation.mode) &&
        isNumber(operation.device.major, 0, MAJOR_MAX) &&
        isNumber(operation.device.minor, 0, MINOR_MAX)
      );
    case 'chown':
      return isId(operation.uid) && isId(operation.gid);
    case 'utimens':
      return isTime(operation.atime) && isTime(operation.mtime);
    case 'fiemap':
    case 'reclaim':
    case 'writeback':
      return (
        isNumber(operation.offset, 0, Number.MAX_SAFE_INTEGER) &&
        isNumber(operation.length, 0, Number.MAX_SAFE_INTEGER) &&
        !opensSpecial(state, operation.path)
      );
    case 'bmap':
      return isNumber(operation.block, -INT_MAX, INT_MAX) && !opensSpecial(state, operation.path);
    case 'truncate':
      return Number.isSafeInteger(operation.size);
    case 'setxattr':
      return hasKnownAttribute(state, operation);
    case 'getxattr':
    case 'removexattr':
      return isKnownName(operation.name);
    case 'swapon':
    case 'swapoff':
      return !opensSpecial(state, operation.path) && !state.options.inlineData;
    case 'chattr':
      return !opensSpecial(state, operation.path) && isKnownChange(state, operation);
    case 'lsattr':
      return !opensSpecial(state, operation.path);
    case 'set-project':
      return isOwner(operation.project) && !opensSpecial(state, operation.path);
    default:
      return true;
  }
}

/**
 * Contents in an inode are not mapped at all, and what pointers do not reach was never meant to be mapped by them. Nobody says what
 * becomes of a swap file whose blocks move.
 */
function isKnownChange(state: State, { path, extents, journalData }: OperationOf<'chattr'>): boolean {
  if (extents === undefined && (journalData === undefined || state.swapFiles.size === 0)) return true;
  const { inlineData, maxIndirectBytes } = state.options;
  const inode = lookedAt(state, path);
  if (typeof inode !== 'string' && state.isSwapFile(inode)) return false;
  if (extents === undefined) return true;
  if (typeof inode === 'string' || inode.type !== 'file') return false;
  return !inlineData && (extents || inode.contents.size <= maxIndirectBytes);
}

/** What a path leads to; nobody sees that somebody looked. */
function lookedAt({ walk }: State, path: string): Inode | Errno {
  walk.touches = false;
  const inode = walk.resolve(path, true);
  walk.touches = true;
  return inode;
}

/** A fifo waits for its other end, and what a device does is its driver's affair. */
function opensSpecial(state: State, path: string): boolean {
  if (state.specials.length === 0) return false;
  const inode = lookedAt(state, path);
  return typeof inode !== 'string' && inode.type !== 'file' && inode.type !== 'directory';
}

function isPath(path: string): boolean {
  return path.charCodeAt(0) !== 0x2f && !path.includes('\0') && !LONE_SURROGATE.test(path);
}

const isMode = (mode: number): boolean => isNumber(mode, 0, MODE_MAX);
const isId = (id: number): boolean => isNumber(id, -1, UID_MAX);
const isOwner = (id: number): boolean => isNumber(id, 0, UID_MAX);
const isLength = (length: number): boolean => isNumber(length, 0, TRANSFER_BYTES_MAX);

function isContent(content: Content): boolean {
  return isLength(content.length) && Number.isSafeInteger(content.seed) && content.seed >= 0;
}

function isTime(time: SetTime): boolean {
  if (time === 'now' || time === 'omit') return true;
  const { seconds, nanoseconds } = time;
  const inSecond = Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < 1_000_000_000;
  return inSecond && Number.isSafeInteger(seconds);
}
