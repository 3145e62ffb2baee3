/** The numbers of the protocol, as its documentation and the header of the kernel's interface name them. */

export const OPCODE = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  readlink: 5,
  symlink: 6,
  mknod: 8,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  setxattr: 21,
  getxattr: 22,
  listxattr: 23,
  removexattr: 24,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  access: 34,
  create: 35,
  interrupt: 36,
  destroy: 38,
  ioctl: 39,
  'batch-forget': 42,
  fallocate: 43,
  readdirplus: 44,
  rename2: 45,
  lseek: 46,
  'copy-file-range': 47,
  syncfs: 50,
  tmpfile: 51,
  statx: 52,
  'copy-file-range-64': 53,
} as const;

export type OpcodeName = keyof typeof OPCODE;

/** FUSE_*: what both sides of init can do, bits 0 to 31. */
export const INIT_FLAG = {
  asyncRead: 1 << 0,
  atomicTruncate: 1 << 3,
  bigWrites: 1 << 5,
  dontMask: 1 << 6,
  ioctlDirectory: 1 << 11,
  readdirplus: 1 << 13,
  readdirplusAuto: 1 << 14,
  asyncDirectIo: 1 << 15,
  parallelDirectoryOperations: 1 << 18,
  posixAcl: 1 << 20,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  handleKillPrivileges2: 1 << 28,
  setxattrExtension: 1 << 29,
  initExtension: 1 << 30,
} as const;

/** The same, bits 32 and on. */
export const INIT_FLAG_2 = { directIoAllowMmap: 1 << 4 } as const;

/** FOPEN_* */
export const OPEN_ANSWER = {
  directIo: 1 << 0,
  keepCache: 1 << 1,
  cacheDirectory: 1 << 3,
  noFlush: 1 << 5,
} as const;

/** FATTR_* */
export const SETATTR = {
  mode: 1 << 0,
  uid: 1 << 1,
  gid: 1 << 2,
  size: 1 << 3,
  atime: 1 << 4,
  mtime: 1 << 5,
  atimeNow: 1 << 7,
  mtimeNow: 1 << 8,
  killPrivileges: 1 << 11,
} as const;

/** FUSE_WRITE_* */
export const WRITE = { cache: 1 << 0, killPrivileges: 1 << 2 } as const;

export const FUSE_OPEN_KILL_SUIDGID = 1;
export const FUSE_FSYNC_FDATASYNC = 1;
export const FUSE_SETXATTR_ACL_KILL_SGID = 1;

/** The number of the root, whatever the file system calls it. */
export const FUSE_ROOT_ID = 1;

/** RENAME_* of renameat2(2). */
export const RENAME = { noreplace: 1, exchange: 2, whiteout: 4 } as const;

/** XATTR_* of setxattr(2). */
export const XATTR = { create: 1, replace: 2 } as const;
