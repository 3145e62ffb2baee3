import type { Operation, OperationName, Outcome } from '../model/index.ts';
import { OPERATION_NAMES } from './operation-schema.ts';

/** How often each operation was performed, and what it answered: `ok` or an errno. */
export type CoverageTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts while a run goes on. */
export class Coverage {
  readonly #counts = new Map<OperationName, Map<string, number>>();

  record(operation: Operation, expected: Outcome): void {
    let answers = this.#counts.get(operation.op);
    if (answers === undefined) {
      answers = new Map<string, number>();
      this.#counts.set(operation.op, answers);
    }
    const answer = expected.ok ? 'ok' : expected.errno;
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }

  /** Every operation, also those that never ran. */
  table(): CoverageTable {
    const rows = OPERATION_NAMES.map(
      (name) => [name, Object.fromEntries(this.#counts.get(name) ?? [])] as const,
    );
    return Object.fromEntries(rows);
  }
}

const PATH_ERRORS = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES'];

const XATTR_ERRORS = [...PATH_ERRORS, 'ERANGE', 'EOPNOTSUPP', 'EINVAL', 'ENODATA'];

/** What each operation can answer but `ok` (the manual pages, less what needs a read-only mount or another machine). */
const POSSIBLE: Readonly<Record<OperationName, readonly string[]>> = {
  open: [...PATH_ERRORS, 'EEXIST', 'EISDIR', 'EINVAL', 'EPERM', 'ENOSPC'],
  close: ['EBADF'],
  read: ['EBADF', 'EISDIR', 'EINVAL', 'EFAULT', 'EAGAIN', 'EOPNOTSUPP'],
  pread: ['EBADF', 'EISDIR', 'EINVAL', 'EFAULT', 'EAGAIN', 'EOPNOTSUPP'],
  write: ['EBADF', 'EINVAL', 'EFBIG', 'EPERM', 'ENOSPC', 'EFAULT', 'EOPNOTSUPP', 'ETXTBSY'],
  pwrite: ['EBADF', 'EINVAL', 'EFBIG', 'EPERM', 'ENOSPC', 'EFAULT', 'EAGAIN', 'EOPNOTSUPP'],
  'copy-file-range': ['EBADF', 'EISDIR', 'EINVAL', 'EFBIG', 'EPERM', 'ENOSPC'],
  sendfile: ['EBADF', 'EINVAL', 'EOVERFLOW', 'EFBIG', 'EPERM', 'ENOSPC'],
  readahead: ['EBADF', 'EINVAL'],
  fadvise: ['EBADF', 'EINVAL'],
  'sync-file-range': ['EBADF', 'EINVAL'],
  syncfs: ['EBADF'],
  mmap: ['EBADF', 'EINVAL', 'EACCES', 'ENODEV'],
  munmap: [],
  load: ['EFAULT'],
  store: ['EFAULT'],
  msync: ['EINVAL'],
  seek: ['EBADF', 'EINVAL', 'ENXIO'],
  fallocate: ['EBADF', 'EINVAL', 'EFBIG', 'EPERM', 'EOPNOTSUPP', 'ENOSPC'],
  'move-extent': ['EBADF', 'EINVAL', 'EPERM', 'EOPNOTSUPP', 'ENODATA', 'EBUSY', 'ENOSPC'],
  fiemap: [...PATH_ERRORS, 'EINVAL', 'EFBIG'],
  bmap: [...PATH_ERRORS, 'ENOTTY', 'EPERM', 'EINVAL'],
  truncate: [...PATH_ERRORS, 'EISDIR', 'EINVAL', 'EFBIG', 'EPERM'],
  ftruncate: ['EBADF', 'EINVAL', 'EFBIG', 'EPERM'],
  fsync: ['EBADF'],
  fdatasync: ['EBADF'],
  sync: [],
  mkdir: [...PATH_ERRORS, 'EEXIST', 'EPERM', 'ENOSPC'],
  rmdir: [...PATH_ERRORS, 'ENOTEMPTY', 'EINVAL', 'EPERM'],
  unlink: [...PATH_ERRORS, 'EISDIR', 'EPERM'],
  rename: [...PATH_ERRORS, 'EEXIST', 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'EBUSY', 'EPERM', 'ENOSPC'],
  link: [...PATH_ERRORS, 'EEXIST', 'EPERM', 'ENOSPC'],
  'link-handle': [...PATH_ERRORS, 'EBADF', 'EEXIST', 'EPERM', 'ENOSPC'],
  symlink: [...PATH_ERRORS, 'EEXIST', 'EPERM', 'ENOSPC'],
  mknod: [...PATH_ERRORS, 'EEXIST', 'EPERM', 'ENOSPC'],
  readlink: [...PATH_ERRORS, 'EINVAL'],
  stat: PATH_ERRORS,
  lstat: PATH_ERRORS,
  readdir: PATH_ERRORS,
  fstat: ['EBADF'],
  chmod: [...PATH_ERRORS, 'EPERM'],
  chown: [...PATH_ERRORS, 'EPERM'],
  utimens: [...PATH_ERRORS, 'EPERM'],
  setxattr: [...XATTR_ERRORS, 'EEXIST', 'E2BIG', 'EPERM', 'ENOSPC'],
  getxattr: XATTR_ERRORS,
  removexattr: [...XATTR_ERRORS, 'EPERM'],
  listxattr: PATH_ERRORS,
  setcreds: [],
  chattr: [...PATH_ERRORS, 'EPERM', 'EOPNOTSUPP'],
  lsattr: PATH_ERRORS,
  'set-project': [...PATH_ERRORS, 'EPERM', 'EOPNOTSUPP'],
  statfs: [],
  'drop-caches': [],
  reclaim: PATH_ERRORS,
  writeback: PATH_ERRORS,
  trim: ['EPERM', 'EINVAL'],
  mkswap: ['EBADF', 'ETXTBSY', 'EPERM', 'ENOSPC'],
  swapon: [...PATH_ERRORS, 'EPERM', 'EISDIR', 'EBUSY', 'EINVAL'],
  swapoff: [...PATH_ERRORS, 'EPERM', 'EISDIR', 'EINVAL'],
  freeze: ['EPERM', 'EBUSY'],
  thaw: ['EPERM', 'EINVAL'],
  reconfigure: ['EPERM', 'EINVAL'],
  remount: [],
};

/** Every operation with all that it can answer, `ok` first. */
export const possibleAnswers = (): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(Object.entries(POSSIBLE).map(([name, errnos]) => [name, ['ok', ...errnos]]));

/** The answers of an operation that are possible and did not occur. */
export function neverAnswered(name: string, answers: Readonly<Record<string, number>>): string[] {
  const possible = ['ok', ...((POSSIBLE as Readonly<Record<string, readonly string[]>>)[name] ?? [])];
  return possible.filter((answer) => answers[answer] === undefined);
}
