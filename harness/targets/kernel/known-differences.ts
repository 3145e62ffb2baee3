import {
  ext4MaxIndirectBytes,
  type FallocateMode,
  type Operation,
  type Outcome,
} from '../../../model/index.ts';
import type { FailureSignature } from '../../failure.ts';
import { clusterSize, hasFeature } from '../../format.ts';
import { modelOptions, type Setup } from '../../setup.ts';
import { isBefore } from './kernel-version.ts';

/** Bytes. */
const XATTR_NAME_MAX = 255;
const XATTR_VALUE_MAX = 65_536;

const PAGE_BYTES = 4096;
const USUAL_INODE_BYTES = 256;
const SECTOR_BYTES = 512;

/**
 * Where a kernel may differ from the model although nothing is wrong: reviewed, one by one. The model is that of Linux
 * 6.18; an entry says of which kernels and of which answers it holds, and what may be different then.
 */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  /** Where that can be looked up. */
  readonly source: string;
  /** Kernels before this version; all of them when absent. */
  readonly before?: string;
  /** One, or `any`. */
  readonly fileSystem: string;
  /** File systems and mounts on which it is met; all of them when absent. */
  readonly onlyOn?: (setup: Setup) => boolean;
  readonly applies: (operation: Operation, outcome: Outcome, setup: Setup) => boolean;
  /** What must have been answered before an answer that it applies to; nothing when absent. */
  readonly after?: (operation: Operation, outcome: Outcome, setup: Setup) => boolean;
  /** What ends what `after` began; nothing when absent. */
  readonly until?: (operation: Operation, outcome: Outcome) => boolean;
  /**
   * `older-stamps`: what the operation would have stamped keeps an earlier time. `other-answer`: the answer may be another,
   * and the rest of the sequence cannot be judged then. `spoils`: from now on failures of the kind that `spoils` knows say
   * nothing new; all others do.
   */
  readonly effect: 'older-stamps' | 'other-answer' | 'spoils';
  readonly spoils?: (failure: FailureSignature) => boolean;
}

/** Bytes that a regular file of an image made with 256-byte inodes keeps in its inode without an attribute, and the least there is. */
const INLINE_BYTES = 60;

const inodeBytesOf = (format: Setup['format']): number => format?.inodeSize ?? USUAL_INODE_BYTES;

/**
 * Whether bytes may have come to lie in an inode, or have moved there: those that end within it. An inode keeps less than its size of them;
 * calls that do not say where they write may write at the beginning.
 */
function mayFillInode(operation: Operation, outcome: Outcome, { format }: Setup): boolean {
  if (!outcome.ok) return false;
  const inodeBytes = inodeBytesOf(format);
  switch (operation.op) {
    case 'pwrite':
      return operation.offset < inodeBytes;
    case 'copy-file-range':
      return (operation.toOffset ?? 0) < inodeBytes;
    case 'write':
    case 'sendfile':
      return true;
    default:
      return false;
  }
}

/** The size that truncate or ftruncate has given a file, in bytes; null after anything else. */
const truncatedTo = (operation: Operation, outcome: Outcome): number | null =>
  (operation.op === 'truncate' || operation.op === 'ftruncate') && outcome.ok ? operation.size : null;

/** Whether contents leave an inode otherwise than by a write: fallocate takes them out before it looks at the range, so also when it is refused. */
function leavesInode(operation: Operation, outcome: Outcome): boolean {
  if (operation.op === 'fallocate') return outcome.ok || outcome.errno !== 'EBADF';
  if ((truncatedTo(operation, outcome) ?? 0) > INLINE_BYTES) return true;
  return operation.op === 'store' && outcome.ok;
}

const ZEROES: ReadonlySet<FallocateMode> = new Set(['zero', 'zero-keep-size', 'write-zeroes']);

/** Blocks are promised to a file that has nothing to write there. */
const promisedForNothing = ({ kind, operation, detail }: FailureSignature): boolean =>
  (kind === 'space' && (detail === 'statfs free blocks' || detail === 'ranges with blocks')) ||
  ((operation === 'read' || operation === 'pread') && detail.endsWith('errno ok/EIO'));

const DEFAULT_LIST = 'system.posix_acl_default';

/** An access list of so many entries is what mode bits say. */
const ENTRIES_OF_MODE_BITS = 3;

/** As far as the words of a path tell; one that leads there by a symbolic link does not count. */
function isRoot(path: string): boolean {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return path !== '' && names.length === 0;
}

/** Whether the root has a default list that says more than mode bits now; null where the operation says nothing of it. */
function rootHandsDownMore(operation: Operation, outcome: Outcome): boolean | null {
  if (operation.op !== 'setxattr' && operation.op !== 'removexattr') return null;
  if (!outcome.ok || operation.name !== DEFAULT_LIST || !isRoot(operation.path)) return null;
  return (
    operation.op === 'setxattr' &&
    'acl' in operation.value &&
    operation.value.acl.length > ENTRIES_OF_MODE_BITS
  );
}

/** An inode has more blocks than it says, of which older kernels warn when they are allocated. */
const lacksBlocks = ({ kind, detail }: FailureSignature): boolean =>
  (kind === 'e2fsck' && /i_blocks is N, should be N/.test(detail)) ||
  (kind === 'crash-of-target' && /WARNING: .*ext4_da_update_reserve_space/.test(detail));

/** Contents that were read are others. */
const otherBytes = ({ detail }: Pick<FailureSignature, 'detail'>): boolean =>
  /zeros where bytes belong|bytes where zeros belong|other bytes/.test(detail);

/** Memory that does not begin at a multiple of 512: what ends early ends with a page. */
const liesOddly = (operation: Operation): boolean =>
  ('misaligned' in operation && (operation.misaligned ?? 0) % SECTOR_BYTES !== 0) ||
  ('faultAt' in operation && (operation.faultAt ?? 0) % SECTOR_BYTES !== 0);

/** Collapsing and inserting that is refused, and punching beyond the end. */
const doesNothing = (operation: Operation, outcome: Outcome): boolean =>
  operation.op === 'fallocate' && (!outcome.ok || operation.mode === 'punch');

const mayMoveBytes = (operation: Operation): boolean =>
  ['read', 'pread', 'write', 'pwrite'].includes(operation.op);

/** Where the bytes end that an operation names; 0 when it names none. */
function endOf(operation: Operation): number {
  const { offset = 0, toOffset, size = 0, length = 0, content } = operation as Partial<Named>;
  return Math.max(offset, toOffset ?? 0, size) + (content?.length ?? length);
}

interface Named {
  readonly offset: number;
  readonly toOffset: number | null;
  readonly size: number;
  readonly length: number;
  readonly content: { readonly length: number };
}

/** Where the cluster begins that a block of number 2^32 - 1 would be in, in bytes. */
function lastClusterOf({ blockSize, format }: Setup): number {
  const clusterBytes = clusterSize(format, blockSize);
  return Math.floor(((2 ** 32 - 1) * blockSize) / clusterBytes) * clusterBytes;
}

/** Whether it writes behind the first page of a file; where it does not say where, it may. */
function writesBehindFirstPage(operation: Operation): boolean {
  switch (operation.op) {
    case 'pwrite':
      return operation.offset + operation.content.length > PAGE_BYTES;
    case 'copy-file-range':
      return (operation.toOffset ?? PAGE_BYTES) + operation.length > PAGE_BYTES;
    case 'write':
    case 'sendfile':
      return true;
    default:
      return false;
  }
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'a read of a page makes zeros of what was written to it while the file begins in its inode',
    reason:
      'contents that have outgrown the inode leave it at writeback only; until then a page behind the first that is not read in whole, having more blocks than the one that was written, is taken for zeros as a whole',
    source:
      'reports/kernel-findings/inline-data-page-zeroed-by-read.md; fs/ext4/inline.c, ext4_readpage_inline; 6.1.176 and 6.18.44',
    fileSystem: 'ext4',
    after: mayFillInode,
    onlyOn: ({ blockSize, mount, format }) =>
      blockSize < PAGE_BYTES &&
      mount.delalloc &&
      mount.data !== 'journal' &&
      hasFeature(format, 'inline_data'),
    applies: (operation, outcome) => outcome.ok && writesBehindFirstPage(operation),
    effect: 'spoils',
    spoils: ({ detail }) => detail.endsWith('zeros where bytes belong'),
  },
  {
    name: 'chattr +e runs out of space where the root hands down an access list',
    reason:
      'the inode that the blocks move through is made below the root and inherits its default list, for which the transaction has no room: ENOSPC although there is space',
    source: 'reports/kernel-findings/chattr-extents-below-default-acl.md; 6.1.176 and 6.18.44',
    fileSystem: 'ext4',
    after: (operation, outcome) => rootHandsDownMore(operation, outcome) === true,
    until: (operation, outcome) => rootHandsDownMore(operation, outcome) === false,
    applies: (operation, outcome) =>
      operation.op === 'chattr' && operation.extents === true && !outcome.ok && outcome.errno === 'ENOSPC',
    effect: 'other-answer',
  },
  {
    name: 'a buffered write whose memory faults leaves delayed blocks behind',
    reason:
      'the promise of the blocks is never taken back, so statfs counts them until the inode leaves memory, and a direct read of them is EIO',
    source: 'reports/kernel-findings/faulting-write-leaves-delayed-blocks.md; 6.1.176 and 6.18.44',
    fileSystem: 'ext4',
    onlyOn: ({ mount }) => mount.delalloc && mount.data !== 'journal',
    applies: (operation) =>
      (operation.op === 'write' || operation.op === 'pwrite') && operation.faultAt !== undefined,
    effect: 'spoils',
    spoils: promisedForNothing,
  },
  {
    name: 'zeroing a range for which the device has too few places keeps what was promised to the rest of it',
    reason:
      'the pages of the range are dropped before its blocks get places, so what was promised to them is for nothing when that fails, and is counted until the inode leaves memory',
    source:
      'reports/kernel-findings/zero-range-without-room-keeps-promises.md; fs/ext4/extents.c, ext4_zero_range; 6.18.44',
    fileSystem: 'ext4',
    onlyOn: ({ mount }) => mount.delalloc && mount.data !== 'journal',
    applies: (operation, outcome) =>
      operation.op === 'fallocate' && ZEROES.has(operation.mode) && !outcome.ok && outcome.errno === 'ENOSPC',
    effect: 'spoils',
    spoils: promisedForNothing,
  },
  {
    name: 'contents that leave an inode by truncate, fallocate or a mapping are written over later ones',
    reason:
      'the block that takes them is journalled as metadata, and what is written to the file afterwards goes past the journal; the checkpoint brings the older bytes back',
    source:
      'reports/kernel-findings/inline-data-overwritten-after-truncate.md and inline-data-overwritten-after-mmap-store.md; 6.1.176 and 6.18.44',
    fileSystem: 'ext4',
    onlyOn: ({ format }) => hasFeature(format, 'inline_data'),
    after: mayFillInode,
    applies: leavesInode,
    effect: 'spoils',
    spoils: otherBytes,
  },
  {
    name: 'the first bytes of a file that is too large for indirect blocks go into its inode, which nobody can read later',
    reason:
      'an inode with contents in it is not mapped by extents, and such a one is refused when its size is beyond what indirect blocks reach; nobody looks at the size when the contents go there',
    source:
      'reports/kernel-findings/inline-data-in-a-file-too-large-for-it.md; fs/ext4/inline.c, ext4_prepare_inline_data; 6.18.44',
    fileSystem: 'ext4',
    onlyOn: ({ format }) => hasFeature(format, 'inline_data'),
    after: (operation, outcome, setup) =>
      (truncatedTo(operation, outcome) ?? 0) > modelOptions(setup).maxIndirectBytes,
    applies: mayFillInode,
    effect: 'spoils',
    spoils: ({ detail }) => /bad i_size value|i_size is N, should be N/.test(detail),
  },
  {
    name: 'what was stored behind the end of a file shows when the file grows',
    reason:
      'bytes that a mapping put behind the end in the last page were made zeros only when the page was written back; whoever made the file longer before that found them',
    source:
      'mm/truncate.c and fs/ext4: commits 52aecaee1c26409ebafe080293e0841884f6e9fb and c7fc0366c65628fd69bfc310affec4918199aae2 of 6.13; seen on 6.1.176',
    before: '6.13',
    fileSystem: 'ext4',
    applies: (operation, outcome) => operation.op === 'store' && outcome.ok,
    effect: 'spoils',
    spoils: ({ detail }) => /bytes where zeros belong|other bytes/.test(detail),
  },
  {
    name: 'with bigalloc a delayed write into the last cluster that a file can have is not counted',
    reason:
      'where a file that has blocks has none behind, its next block is taken to be 2^32 - 1, whose cluster is the last one: a write there reserves nothing, so i_blocks, and statfs with it, lacks a cluster; the data is there',
    source:
      'reports/kernel-findings/bigalloc-delayed-write-in-another-cluster.md; 6.1.176 (there with a WARN in ext4_da_update_reserve_space) and 6.18.44',
    fileSystem: 'ext4',
    onlyOn: ({ mount, format }) => mount.delalloc && hasFeature(format, 'bigalloc'),
    applies: (operation, _, setup) => endOf(operation) > lastClusterOf(setup),
    effect: 'spoils',
    spoils: lacksBlocks,
  },
  {
    name: 'a block is not counted when a file that outgrew its inode in memory only is truncated back into it',
    reason:
      'what was reserved for the block is given back with the delayed extents, but its page stays dirty, and is written from a reservation of zero: i_blocks lacks it',
    source:
      'reports/kernel-findings/inline-data-truncated-while-delayed.md; fs/ext4/inline.c, ext4_inline_data_truncate; commit c543e2429640293d9eda8c7841d4b5d5e8682826 of 6.12; seen on 6.1.176',
    before: '6.12',
    fileSystem: 'ext4',
    onlyOn: ({ mount, format }) =>
      mount.delalloc && mount.data !== 'journal' && hasFeature(format, 'inline_data'),
    after: mayFillInode,
    applies: (operation, outcome, { format }) => {
      const size = truncatedTo(operation, outcome) ?? 0;
      return size > 0 && size < inodeBytesOf(format);
    },
    effect: 'spoils',
    spoils: lacksBlocks,
  },
  {
    name: 'fallocate that does nothing stamps nothing',
    reason:
      'ext4_fallocate calls file_modified before it looks at the range; older kernels first looked whether collapse and insert are refused, and whether punch begins beyond the end',
    source:
      'fs/ext4/extents.c: commit 2890e5e0f49e10f3dadc5f7b7ea434e3e77e12a6 of 6.15 (stable took it into 6.12, too); seen on 6.1.176',
    before: '6.15',
    fileSystem: 'ext4',
    applies: doesNothing,
    effect: 'older-stamps',
  },
  {
    name: 'fallocate that does nothing leaves privileges',
    reason: 'file_modified takes set-id bits and capabilities away, too, and older kernels did not get to it',
    source: 'fs/ext4/extents.c: commit 2890e5e0f49e10f3dadc5f7b7ea434e3e77e12a6 of 6.15; seen on 6.1.176',
    before: '6.15',
    fileSystem: 'ext4',
    applies: doesNothing,
    effect: 'spoils',
    spoils: ({ detail }) => /^(listxattr names|getxattr errno ENODATA\/ok|[lf]?stat mode)$/.test(detail),
  },
  {
    name: 'linkat of a descriptor needs CAP_DAC_READ_SEARCH',
    reason:
      'AT_EMPTY_PATH of linkat was for those with the capability; since 6.10 also for whoever opened the file himself',
    source: 'fs/namei.c, do_linkat: commit 42bd2af5950456d46fdaa91c3a8fb02e680f19f5 of 6.10; linkat(2)',
    before: '6.10',
    fileSystem: 'any',
    applies: (operation, outcome) =>
      operation.op === 'link-handle' && !outcome.ok && outcome.errno === 'ENOENT',
    effect: 'other-answer',
  },
  {
    name: 'the path of an attribute is looked up before its name is',
    reason:
      'an empty or too long name of an attribute is ERANGE before the path is looked at; older kernels walked the path first and answered what was wrong with it',
    source:
      'fs/xattr.c: commit 6140be90ec70c39fa844741ca3cc807dd0866394 of 6.13, which copies the name first; seen on 6.1.176',
    before: '6.13',
    fileSystem: 'any',
    applies: (operation, outcome) =>
      (operation.op === 'getxattr' || operation.op === 'setxattr' || operation.op === 'removexattr') &&
      (operation.name.length === 0 || operation.name.length > XATTR_NAME_MAX) &&
      !outcome.ok &&
      outcome.errno !== 'ERANGE',
    effect: 'other-answer',
  },
  {
    name: 'what was stored in journalled files is lost when their blocks move',
    reason:
      'a page that a mapping made dirty came into the journal only at writeback, which collapse and insert began after the commit they waited for: what was read next came from the disk',
    source:
      'fs/ext4, data=journal: commits d84c9ebdac1e39bc7b036c0c829ee8c1956edabc and 265e72efa99fcc0959f8d33d346a7e0f2e3fe201 of 6.4; seen on 6.1.176',
    before: '6.4',
    fileSystem: 'ext4',
    onlyOn: ({ mount }) => mount.data === 'journal',
    after: (operation, outcome) => operation.op === 'store' && outcome.ok,
    applies: (operation, outcome) =>
      operation.op === 'fallocate' &&
      (operation.mode === 'collapse' || operation.mode === 'insert') &&
      outcome.ok,
    effect: 'spoils',
    spoils: otherBytes,
  },
  {
    name: 'the path of an attribute is looked up before its value is',
    reason:
      'a value that is too long for any attribute is E2BIG before the path is looked at; older kernels walked the path first and answered what was wrong with it',
    source: 'fs/xattr.c: commit 6140be90ec70c39fa844741ca3cc807dd0866394 of 6.13; seen on 6.1.176',
    before: '6.13',
    fileSystem: 'any',
    applies: (operation, outcome) =>
      operation.op === 'setxattr' &&
      'length' in operation.value &&
      operation.value.length > XATTR_VALUE_MAX &&
      !outcome.ok &&
      outcome.errno !== 'E2BIG',
    effect: 'other-answer',
  },
  {
    name: 'an access list of no bytes is none',
    reason:
      'a value of no bytes takes the list away; older kernels took it for a list whose header is missing (EINVAL)',
    source: 'fs/xattr.c, do_set_acl: commit 318e66856ddec05384f32d60b5598128289f4e7b of 6.2; seen on 6.1.176',
    before: '6.2',
    fileSystem: 'any',
    applies: (operation, outcome) =>
      operation.op === 'setxattr' &&
      operation.name.startsWith('system.posix_acl_') &&
      'length' in operation.value &&
      operation.value.length === 0 &&
      !outcome.ok &&
      outcome.errno === 'EINVAL',
    effect: 'other-answer',
  },
  {
    name: 'memory of direct I/O must lie at a multiple of 512',
    reason:
      'where in memory each part of a transfer lies is looked at when the request is built, and only as far as the device needs it; older kernels refused what did not lie at a multiple of dma_alignment before anything else',
    source: 'fs/iomap/direct-io.c: commit 7eac331869575d81eaa2dd68b19e7468f8fa93cb of 6.18; seen on 6.1.176',
    before: '6.18',
    fileSystem: 'ext4',
    applies: (operation, outcome) =>
      mayMoveBytes(operation) && liesOddly(operation) && !outcome.ok && outcome.errno === 'EINVAL',
    effect: 'other-answer',
  },
  {
    name: 'nothing is punched beyond what a file of indirect blocks may hold',
    reason:
      'the end of a hole was held to the largest file of indirect blocks also in files of extents: what lies beyond stays',
    source:
      'fs/ext4/inode.c, ext4_punch_hole: commit 29ec9bed2395061350249ae356fb300dd82a78e7 of 6.16; seen on 6.1.176',
    before: '6.16',
    fileSystem: 'ext4',
    applies: (operation, outcome, { blockSize }) =>
      operation.op === 'fallocate' &&
      operation.mode === 'punch' &&
      outcome.ok &&
      operation.offset + operation.length > ext4MaxIndirectBytes(blockSize, Infinity) - blockSize,
    effect: 'spoils',
    spoils: ({ kind, detail }) => otherBytes({ detail }) || kind === 'space' || /fiemap|seek/.test(detail),
  },
  {
    name: 'no RWF_DONTCACHE',
    reason: 'the flag is younger than the kernel',
    source: 'fs/ext4: commit ae21c0c0ac56aa734327e9c8b7dfef4270ab54d4 of 6.17; the flag itself is of 6.14',
    before: '6.17',
    fileSystem: 'ext4',
    applies: (operation, outcome) =>
      'rwf' in operation &&
      operation.rwf.includes('dontcache') &&
      !outcome.ok &&
      outcome.errno === 'EOPNOTSUPP',
    effect: 'other-answer',
  },
  {
    name: 'no FALLOC_FL_WRITE_ZEROES',
    reason: 'the mode is younger than the kernel, which refuses it before it looks at the range',
    source:
      'fs/ext4: commit f4265b8d32c49ff95711e6fef7d05245a2905b30 of 6.17, in one series with the flag (fs/open.c, vfs_fallocate)',
    before: '6.17',
    fileSystem: 'any',
    applies: (operation, outcome) =>
      operation.op === 'fallocate' &&
      operation.mode === 'write-zeroes' &&
      !outcome.ok &&
      outcome.errno === 'EOPNOTSUPP',
    effect: 'other-answer',
  },
];

/** Those that may be met on this kernel, with this file system as the setup says. */
export const differencesOf = (
  release: string,
  fileSystem: string,
  setup: Setup,
): readonly KnownDifference[] =>
  KNOWN_DIFFERENCES.filter(
    (known) =>
      [fileSystem, 'any'].includes(known.fileSystem) &&
      (known.onlyOn === undefined || known.onlyOn(setup)) &&
      (known.before === undefined || isBefore(release, known.before)),
  );
