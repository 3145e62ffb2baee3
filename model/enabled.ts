import type { Content, Handle, Operation, SetTime } from './operation.ts';
import { MODE_MAX, TRANSFER_BYTES_MAX } from './limits.ts';
import { renameIsDisputed } from './renaming.ts';
import type { State } from './state.ts';

/** Descriptors that a run holds at most. Far below a process' usual limit of 1024, so EMFILE never comes. */
export const HANDLES_MAX = 256;

/** Half of a pair has no UTF-8, so no file system could give it back. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const UID_MAX = 2 ** 32 - 2;

/**
 * Whether `operation` is worth trying: its arguments are of the vocabulary, its descriptor is open, and what it answers
 * is decided by Linux rather than by the kernel's version or a file system's private numbers.
 */
export function isEnabled(state: State, operation: Operation): boolean {
  switch (operation.op) {
    case 'open':
      return (
        operation.flags.tmpfile !== true &&
        !state.handles.has(operation.as) &&
        state.handles.size < HANDLES_MAX &&
        isPath(operation.path) &&
        isMode(operation.mode)
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
      return state.handles.has(operation.handle) && hasUsableRange(state, operation);
    case 'truncate':
      return isPath(operation.path) && Number.isSafeInteger(operation.size);
    case 'rename':
      if (operation.flag !== undefined) return false;
      return isPath(operation.from) && isPath(operation.to) && !renameIsDisputed(state, operation);
    case 'link':
      return isPath(operation.from) && isPath(operation.to);
    case 'symlink':
      return isPath(operation.path) && isPath(operation.target);
    case 'link-handle':
    case 'mknod':
    case 'setxattr':
    case 'getxattr':
    case 'removexattr':
    case 'listxattr':
    case 'setcreds':
    case 'chattr':
    case 'lsattr':
    case 'set-project':
      return false;
    case 'statfs':
    case 'sync':
    case 'drop-caches':
    case 'remount':
      return true;
    default:
      return isPath(operation.path) && hasUsableAttributes(operation);
  }
}

type HandleOperation = Extract<Operation, { handle: Handle }>;

type PathOperation = Extract<
  Operation,
  {
    op:
      | 'mkdir'
      | 'rmdir'
      | 'unlink'
      | 'readlink'
      | 'stat'
      | 'lstat'
      | 'readdir'
      | 'chmod'
      | 'chown'
      | 'utimens';
  }
>;

function hasUsableRange(state: State, operation: HandleOperation): boolean {
  switch (operation.op) {
    case 'read':
      return isLength(operation.length);
    case 'pread':
      return isLength(operation.length) && Number.isSafeInteger(operation.offset);
    case 'write':
      return isContent(operation.content);
    case 'pwrite':
      return isContent(operation.content) && Number.isSafeInteger(operation.offset);
    case 'ftruncate':
      return Number.isSafeInteger(operation.size);
    case 'seek':
      return isKnownSeek(state, operation);
    default:
      return true;
  }
}

/** The end of a directory, and how far beyond the largest file its positions go, depend on its hash tree. */
function isKnownSeek(state: State, operation: Extract<Operation, { op: 'seek' }>): boolean {
  const { offset, whence } = operation;
  if (!Number.isSafeInteger(offset)) return false;
  const file = state.handles.get(operation.handle);
  if (file === undefined || file.type === 'file') return true;
  const base = whence === 'current' ? file.position : 0;
  return whence !== 'end' && base + offset <= state.options.maxFileBytes;
}

function hasUsableAttributes(operation: PathOperation): boolean {
  switch (operation.op) {
    case 'mkdir':
    case 'chmod':
      return isMode(operation.mode);
    case 'chown':
      return isId(operation.uid) && isId(operation.gid);
    case 'utimens':
      return isTime(operation.atime) && isTime(operation.mtime);
    default:
      return true;
  }
}

function isPath(path: string): boolean {
  return path.charCodeAt(0) !== 0x2f && !path.includes('\0') && !LONE_SURROGATE.test(path);
}

function isMode(mode: number): boolean {
  return Number.isInteger(mode) && mode >= 0 && mode <= MODE_MAX;
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= -1 && id <= UID_MAX;
}

function isLength(length: number): boolean {
  return Number.isInteger(length) && length >= 0 && length <= TRANSFER_BYTES_MAX;
}

function isContent(content: Content): boolean {
  return isLength(content.length) && Number.isSafeInteger(content.seed) && content.seed >= 0;
}

function isTime(time: SetTime): boolean {
  if (time === 'now' || time === 'omit') return true;
  const { seconds, nanoseconds } = time;
  const inSecond = Number.isInteger(nanoseconds) && nanoseconds >= 0 && nanoseconds < 1_000_000_000;
  return inSecond && Number.isSafeInteger(seconds);
}
