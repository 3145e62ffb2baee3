/** Operating errors, expected and handled: what a system call may answer (errno(3)). */
export type Errno =
  | 'EPERM'
  | 'ENOENT'
  | 'EIO'
  | 'ENXIO'
  | 'E2BIG'
  | 'EBADF'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EFAULT'
  | 'EBUSY'
  | 'EEXIST'
  | 'EXDEV'
  | 'ENODEV'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'EINVAL'
  | 'EMFILE'
  | 'ENOTTY'
  | 'ETXTBSY'
  | 'EFBIG'
  | 'ENOSPC'
  | 'ESPIPE'
  | 'EROFS'
  | 'EMLINK'
  | 'ERANGE'
  | 'ENAMETOOLONG'
  | 'ENOTEMPTY'
  | 'ELOOP'
  | 'ENODATA'
  | 'EOPNOTSUPP'
  | 'EUCLEAN'
  | 'EBADMSG'
  | 'EDQUOT'
  | 'EOVERFLOW'
  | 'ESTALE';

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
