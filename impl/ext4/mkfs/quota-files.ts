import { QUOTA_BLOCK_BYTES, QUOTA_MAGIC } from '../layout/quota-file.ts';
import { EXT4_GOOD_OLD_FIRST_INO } from '../layout/inode.ts';
import { hasFeature } from '../super/features.ts';
import type { NewGeometry } from './geometry.ts';

const USER_QUOTA_INO = 3;
const GROUP_QUOTA_INO = 4;
/** The first inode behind lost+found. */
export const PROJECT_QUOTA_INO = EXT4_GOOD_OLD_FIRST_INO + 1;

/** One of the hidden files that say who uses how much. */
interface QuotaFile {
  readonly kind: keyof typeof QUOTA_MAGIC;
  readonly ino: number;
  /** Where the superblock says so. */
  readonly field: 'usrQuotaInum' | 'grpQuotaInum' | 'prjQuotaInum';
}

const USER: QuotaFile = { kind: 'user', ino: USER_QUOTA_INO, field: 'usrQuotaInum' };
const GROUP: QuotaFile = { kind: 'group', ino: GROUP_QUOTA_INO, field: 'grpQuotaInum' };
const PROJECT: QuotaFile = { kind: 'project', ino: PROJECT_QUOTA_INO, field: 'prjQuotaInum' };

/** Those that a new file system has, in the order in which they are made. */
export function quotaFiles({ features }: Pick<NewGeometry, 'features'>): readonly QuotaFile[] {
  if (!hasFeature(features, 'quota')) return [];
  return hasFeature(features, 'project') ? [USER, GROUP, PROJECT] : [USER, GROUP];
}

/** Quota blocks of a file that knows one id: the header, the tree in four levels, and the entries. */
export const QUOTA_HEADER = 0;
export const QUOTA_TREE = [1, 2, 3, 4] as const;
export const QUOTA_LEAF = 5;
export const QUOTA_BLOCKS = 6;
export const QUOTA_FILE_BYTES = QUOTA_BLOCKS * QUOTA_BLOCK_BYTES;

/** The file's blocks in the order in which they are first written: the root of the tree points to what exists, so it is last. */
export function quotaWriteOrder(blockSize: number): number[] {
  const [root, ...below] = QUOTA_TREE;
  const written = [QUOTA_HEADER, ...below, QUOTA_LEAF, root];
  return [...new Set(written.map((block) => Math.floor((block * QUOTA_BLOCK_BYTES) / blockSize)))];
}
