import type { Handler } from './connection.ts';
import { FuseFailure } from './connection.ts';
import * as message from './messages.ts';
import { INIT_FLAG, INIT_FLAG_2 } from './protocol-numbers.ts';

/** The version that is spoken here. */
const MAJOR = 7;
const MINOR = 39;

/** What is spoken with kernels at all: from Linux 4.20 on (max_pages). */
const OLDEST_MINOR = 28;

/** Bytes of the largest write, and of the largest read. */
export const TRANSFER_MAX_BYTES = 1 << 20;

const PAGE_BYTES = 4096;

/** What we can do, for whoever can, too. */
const WANTED =
  INIT_FLAG.asyncRead |
  INIT_FLAG.atomicTruncate |
  INIT_FLAG.bigWrites |
  INIT_FLAG.dontMask |
  INIT_FLAG.ioctlDirectory |
  INIT_FLAG.readdirplus |
  INIT_FLAG.readdirplusAuto |
  INIT_FLAG.asyncDirectIo |
  INIT_FLAG.parallelDirectoryOperations |
  INIT_FLAG.posixAcl |
  INIT_FLAG.maxPages |
  INIT_FLAG.handleKillPrivileges2 |
  INIT_FLAG.setxattrExtension |
  INIT_FLAG.initExtension;

/** Requests that the kernel sends without waiting for answers: read-ahead, direct I/O, mapped pages. */
const BACKGROUND_MAX = 64;

/** FUSE_INIT: both sides say what they can. A newer major version asks again with ours. Fails with EPROTO. */
export const init: Handler = (connection, request, answer) => {
  const known = request.read(message.oldInitRequest);
  if (known.major < MAJOR || (known.major === MAJOR && known.minor < OLDEST_MINOR))
    throw new FuseFailure('EPROTO');
  const extended = (known.flags & INIT_FLAG.initExtension) !== 0 && request.has(message.initRequest);
  const flags2 = extended ? request.read(message.initRequest).flags2 : 0;
  const { kernelCache } = connection.cache;
  const wanted = kernelCache ? WANTED | INIT_FLAG.cacheSymlinks : WANTED;
  const flags = known.flags & wanted & (extended ? ~0 : ~INIT_FLAG.initExtension);
  connection.extendedSetxattr = (flags & INIT_FLAG.setxattrExtension) !== 0;
  connection.mapsDirectFiles = (flags2 & INIT_FLAG_2.directIoAllowMmap) !== 0;
  answer.put(message.initAnswer, {
    major: MAJOR,
    minor: Math.min(known.minor, MINOR),
    maxReadahead: known.maxReadahead,
    flags: flags >>> 0,
    maxBackground: BACKGROUND_MAX,
    congestionThreshold: Math.floor((BACKGROUND_MAX * 3) / 4),
    maxWrite: TRANSFER_MAX_BYTES,
    timeGranularity: 1,
    maxPages: TRANSFER_MAX_BYTES / PAGE_BYTES,
    mapAlignment: 0,
    flags2: flags2 & INIT_FLAG_2.directIoAllowMmap,
  });
};
