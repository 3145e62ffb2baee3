import { gap, i32, i64, layout, u16, u32, u64, words } from './layout.ts';

/** What requests and answers are made of, version 7.39 of the protocol. Names of files and bytes follow what stands here. */

export const requestHeader = layout({
  length: u32,
  opcode: u32,
  unique: words,
  node: u64,
  uid: u32,
  gid: u32,
  pid: u32,
  gapExtensions: gap(4),
});

/** `error` is 0 or a negative errno. */
export const answerHeader = layout({ length: u32, error: i32, unique: words });

export const initRequest = layout({
  major: u32,
  minor: u32,
  maxReadahead: u32,
  flags: u32,
  flags2: u32,
  gapUnused: gap(44),
});

/** Of kernels before 7.36, which know 32 flags. */
export const oldInitRequest = layout({ major: u32, minor: u32, maxReadahead: u32, flags: u32 });

export const initAnswer = layout({
  major: u32,
  minor: u32,
  maxReadahead: u32,
  flags: u32,
  maxBackground: u16,
  congestionThreshold: u16,
  maxWrite: u32,
  timeGranularity: u32,
  maxPages: u16,
  mapAlignment: u16,
  flags2: u32,
  gapUnused: gap(28),
});

export const attributes = layout({
  ino: u64,
  size: u64,
  sectors: u64,
  atime: i64,
  mtime: i64,
  ctime: i64,
  atimeNanoseconds: u32,
  mtimeNanoseconds: u32,
  ctimeNanoseconds: u32,
  mode: u32,
  links: u32,
  uid: u32,
  gid: u32,
  device: u32,
  blockSize: u32,
  flags: u32,
});

/** What comes before the attributes in the answer about a name. */
export const entryAnswer = layout({
  node: u64,
  generation: u64,
  entryValid: u64,
  attributesValid: u64,
  entryValidNanoseconds: u32,
  attributesValidNanoseconds: u32,
});

/** What comes before the attributes in the answer about a node. */
export const attributesAnswer = layout({
  attributesValid: u64,
  attributesValidNanoseconds: u32,
  gapUnused: gap(4),
});

export const forgetRequest = layout({ lookups: u64 });
export const batchForgetRequest = layout({ count: u32, gapUnused: gap(4) });
export const forgetOne = layout({ node: u64, lookups: u64 });

export const getattrRequest = layout({ flags: u32, gapUnused: gap(4), handle: u64 });

export const setattrRequest = layout({
  valid: u32,
  gapPadding: gap(4),
  handle: u64,
  size: u64,
  gapLockOwner: gap(8),
  atime: i64,
  mtime: i64,
  ctime: i64,
  atimeNanoseconds: u32,
  mtimeNanoseconds: u32,
  ctimeNanoseconds: u32,
  mode: u32,
  gapUnused4: gap(4),
  uid: u32,
  gid: u32,
  gapUnused5: gap(4),
});

export const statxRequest = layout({
  flags: u32,
  gapReserved: gap(4),
  handle: u64,
  wantedFlags: u32,
  mask: u32,
});

/** What comes before the attributes of statx. */
export const statxAnswer = layout({
  attributesValid: u64,
  attributesValidNanoseconds: u32,
  flags: u32,
  gapSpare: gap(16),
});

export const statxAttributes = layout({
  mask: u32,
  blockSize: u32,
  attributes: u64,
  links: u32,
  uid: u32,
  gid: u32,
  mode: u16,
  gapSpare0: gap(2),
  ino: u64,
  size: u64,
  sectors: u64,
  attributesMask: u64,
  atime: i64,
  atimeNanoseconds: u32,
  gapAtime: gap(4),
  btime: i64,
  btimeNanoseconds: u32,
  gapBtime: gap(4),
  ctime: i64,
  ctimeNanoseconds: u32,
  gapCtime: gap(4),
  mtime: i64,
  mtimeNanoseconds: u32,
  gapMtime: gap(4),
  deviceMajor: u32,
  deviceMinor: u32,
  gapDevice: gap(8),
  gapSpare2: gap(112),
});

export const mknodRequest = layout({ mode: u32, device: u32, umask: u32, gapPadding: gap(4) });
export const mkdirRequest = layout({ mode: u32, umask: u32 });
export const renameRequest = layout({ directory: u64 });
export const rename2Request = layout({ directory: u64, flags: u32, gapPadding: gap(4) });
export const linkRequest = layout({ node: u64 });

/** Of open and opendir. */
export const openRequest = layout({ flags: u32, openFlags: u32 });
export const createRequest = layout({ flags: u32, mode: u32, umask: u32, openFlags: u32 });
export const openAnswer = layout({ handle: u64, openFlags: u32, gapBacking: gap(4) });

export const releaseRequest = layout({ handle: u64, flags: u32, releaseFlags: u32, gapLockOwner: gap(8) });

/** Of read, readdir and readdirplus. A position in a directory needs all its bits. */
export const readRequest = layout({
  handle: u64,
  offset: u64,
  size: u32,
  readFlags: u32,
  gapLockOwner: gap(8),
  flags: u32,
  gapPadding: gap(4),
});
export const readdirRequest = layout({ handle: u64, position: words, size: u32, gapRest: gap(20) });
export const directoryEntry = layout({ ino: u64, next: words, nameLength: u32, type: u32 });

export const writeRequest = layout({
  handle: u64,
  offset: u64,
  size: u32,
  writeFlags: u32,
  gapLockOwner: gap(8),
  flags: u32,
  gapPadding: gap(4),
});

/** Of write and copy_file_range. */
export const writtenAnswer = layout({ size: u32, gapPadding: gap(4) });
export const copiedAnswer = layout({ size: u64 });

export const statfsAnswer = layout({
  blocks: u64,
  blocksFree: u64,
  blocksAvailable: u64,
  inodes: u64,
  inodesFree: u64,
  blockSize: u32,
  nameLength: u32,
  fragmentSize: u32,
  gapSpare: gap(28),
});

export const fsyncRequest = layout({ handle: u64, flags: u32, gapPadding: gap(4) });

export const setxattrRequest = layout({ size: u32, flags: u32, setxattrFlags: u32, gapPadding: gap(4) });
/** Where FUSE_SETXATTR_EXT is not agreed on. */
export const oldSetxattrRequest = layout({ size: u32, flags: u32 });

/** Of getxattr and listxattr; with a size of 0 only the length is asked for. */
export const getxattrRequest = layout({ size: u32, gapPadding: gap(4) });
export const lengthAnswer = layout({ size: u32, gapPadding: gap(4) });

export const accessRequest = layout({ mask: u32, gapPadding: gap(4) });

export const fallocateRequest = layout({
  handle: u64,
  offset: u64,
  length: u64,
  mode: u32,
  gapPadding: gap(4),
});
export const lseekRequest = layout({ handle: u64, offset: u64, whence: u32, gapPadding: gap(4) });
export const lseekAnswer = layout({ offset: u64 });

export const copyRequest = layout({
  fromHandle: u64,
  fromOffset: u64,
  toNode: u64,
  toHandle: u64,
  toOffset: u64,
  length: u64,
  gapFlags: gap(8),
});

export const ioctlRequest = layout({
  handle: u64,
  flags: u32,
  command: u32,
  gapArgument: gap(8),
  inSize: u32,
  outSize: u32,
});
export const ioctlAnswer = layout({ result: i32, gapRest: gap(12) });
