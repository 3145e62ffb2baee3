/** Operating errors, expected and handled: what a system call may answer (errno(3)). */
export type Errno =
  | 'EPERM'
  | 'ENOENT'
  | 'EIO'
  | 'EBADF'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EBUSY'
  | 'EEXIST'
  | 'EXDEV'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'EINVAL'
  | 'EMFILE'
  | 'EFBIG'
  | 'ENOSPC'
  | 'EROFS'
  | 'EMLINK'
  | 'ENAMETOOLONG'
  | 'ENOTEMPTY'
  | 'ELOOP'
  | 'EOPNOTSUPP'
  | 'EUCLEAN'
  | 'EOVERFLOW'
  | 'ENODATA'
  | 'ERANGE'
  | 'E2BIG';

/** Not an `Error`: no stack is captured, so an ENOENT costs what a throw costs and no more. */
export class Failure {
  readonly errno: Errno;

  constructor(errno: Errno) {
    this.errno = errno;
  }
}

export function fail(errno: Errno): never {
  throw new Failure(errno);
}
