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

const PATH_ERRORS = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** What each operation can answer but `ok` (the manual pages, less what needs other users or read-only mounts). */
const POSSIBLE: Readonly<Record<OperationName, readonly string[]>> = {
  'link-handle': [...PATH_ERRORS, 'EBADF', 'EEXIST', 'ENOSPC'],
  mknod: [...PATH_ERRORS, 'EEXIST', 'EACCES', 'EPERM', 'ENOSPC'],
  setxattr: [
    ...PATH_ERRORS,
    'EEXIST',
    'ENODATA',
    'EOPNOTSUPP',
    'ERANGE',
    'E2BIG',
    'EPERM',
    'EACCES',
    'ENOSPC',
  ],
  getxattr: [...PATH_ERRORS, 'ENODATA', 'EOPNOTSUPP', 'ERANGE', 'EPERM', 'EACCES'],
  removexattr: [...PATH_ERRORS, 'ENODATA', 'EOPNOTSUPP', 'ERANGE', 'EPERM', 'EACCES'],
  listxattr: PATH_ERRORS,
  setcreds: [],
  chattr: [...PATH_ERRORS, 'EACCES', 'EPERM'],
  lsattr: [...PATH_ERRORS, 'EACCES'],
  'set-project': [...PATH_ERRORS, 'EACCES', 'EPERM'],
  open: [...PATH_ERRORS, 'EEXIST', 'EISDIR', 'EINVAL', 'ENOSPC'],
  close: ['EBADF'],
  read: ['EBADF', 'EISDIR'],
  pread: ['EBADF', 'EISDIR', 'EINVAL'],
  write: ['EBADF', 'EFBIG', 'ENOSPC'],
  pwrite: ['EBADF', 'EINVAL', 'EFBIG', 'ENOSPC'],
  seek: ['EBADF', 'EINVAL'],
  truncate: [...PATH_ERRORS, 'EISDIR', 'EINVAL', 'EFBIG'],
  ftruncate: ['EBADF', 'EINVAL', 'EFBIG'],
  fsync: ['EBADF'],
  fdatasync: ['EBADF'],
  sync: [],
  mkdir: [...PATH_ERRORS, 'EEXIST', 'ENOSPC'],
  rmdir: [...PATH_ERRORS, 'ENOTEMPTY', 'EINVAL'],
  unlink: [...PATH_ERRORS, 'EISDIR'],
  rename: [...PATH_ERRORS, 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'EBUSY', 'ENOSPC'],
  link: [...PATH_ERRORS, 'EEXIST', 'EPERM', 'ENOSPC'],
  symlink: [...PATH_ERRORS, 'EEXIST', 'ENOSPC'],
  readlink: [...PATH_ERRORS, 'EINVAL'],
  stat: PATH_ERRORS,
  lstat: PATH_ERRORS,
  readdir: PATH_ERRORS,
  fstat: ['EBADF'],
  chmod: PATH_ERRORS,
  chown: PATH_ERRORS,
  utimens: PATH_ERRORS,
  statfs: [],
  'drop-caches': [],
  remount: [],
};

/** The answers of an operation that are possible and did not occur. */
export function neverAnswered(name: string, answers: Readonly<Record<string, number>>): string[] {
  const possible = ['ok', ...((POSSIBLE as Readonly<Record<string, readonly string[]>>)[name] ?? [])];
  return possible.filter((answer) => answers[answer] === undefined);
}
