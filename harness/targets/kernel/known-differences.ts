import type { Operation, Outcome } from '../../../model/index.ts';
import { isBefore } from './kernel-version.ts';

/** Bytes. */
const XATTR_NAME_MAX = 255;

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
  readonly applies: (operation: Operation, outcome: Outcome) => boolean;
  /**
   * `older-stamps`: what the operation would have stamped keeps an earlier time. `other-answer`: the answer may be another,
   * and the rest of the sequence cannot be judged then.
   */
  readonly effect: 'older-stamps' | 'other-answer';
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'fallocate that does nothing stamps nothing',
    reason:
      'ext4_fallocate calls file_modified before it looks at the range; older kernels first looked whether collapse and insert are refused, and whether punch begins beyond the end',
    source:
      'fs/ext4, ext4_fallocate of 6.18 beside ext4_punch_hole, ext4_collapse_range and ext4_insert_range of 6.1',
    before: '6.14',
    fileSystem: 'ext4',
    applies: (operation, outcome) =>
      operation.op === 'fallocate' && (!outcome.ok || operation.mode === 'punch'),
    effect: 'older-stamps',
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
      'fs/xattr.c: path_getxattrat, path_setxattrat and path_removexattrat of 6.13 beside path_getxattr and its kin of 6.1; seen on 6.1.176',
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
    name: 'no RWF_DONTCACHE',
    reason: 'the flag is younger than the kernel',
    source: 'include/uapi/linux/fs.h of 6.14; fs/ext4/file.c has FOP_DONTCACHE since 6.16',
    before: '6.16',
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
    source: 'include/uapi/linux/falloc.h of 6.17; fs/open.c, vfs_fallocate',
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

/** Those that may be met on this kernel. */
export const differencesOf = (release: string, fileSystem: string): readonly KnownDifference[] =>
  KNOWN_DIFFERENCES.filter(
    (known) =>
      [fileSystem, 'any'].includes(known.fileSystem) &&
      (known.before === undefined || isBefore(release, known.before)),
  );
