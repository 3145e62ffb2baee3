import * as z from 'zod';
import { HASH_NAMES, type HashName } from './hash-names.ts';

/** How the file system is laid out, where it is not as mke2fs -t ext4 does it. */
export interface SetupFormat {
  /** Who makes it: mke2fs of this machine, or when absent the target itself. */
  readonly maker?: 'mke2fs' | undefined;
  /** Whose features it starts from; `ext4` when absent. */
  readonly type?: 'ext2' | 'ext3' | 'ext4' | undefined;
  /** Changes of them, one after the other, as in `mke2fs -O`: a name, or `^` and a name to switch it off. */
  readonly features?: readonly string[] | undefined;
  /** Bytes. */
  readonly inodeSize?: number | undefined;
  /** Bytes of the device for each inode. */
  readonly inodeRatio?: number | undefined;
  /** With bigalloc it counts clusters. */
  readonly blocksPerGroup?: number | undefined;
  /** Bytes, with bigalloc; 16 blocks when absent. */
  readonly clusterSize?: number | undefined;
  /** So many groups keep their bitmaps and tables together. */
  readonly groupsPerFlex?: number | undefined;
  /** Bytes of a group descriptor. */
  readonly descriptorSize?: number | undefined;
  readonly journalBlocks?: number | undefined;
  /** How directories with an index hash their names; `half_md4` when absent. */
  readonly hash?: HashName | undefined;
  /** Bytes of names have no sign when they are hashed. */
  readonly unsignedHash?: true | undefined;
  /** Per cent of all blocks. */
  readonly reservedPercent?: number | undefined;
}

const FEATURES_MAX = 64;
const INODE_SIZES = [128, 256, 512, 1024, 2048, 4096];

/** The features that `mke2fs -t` starts from (mke2fs.conf of e2fsprogs 1.47). */
const BASE = ['sparse_super', 'large_file', 'filetype', 'resize_inode', 'dir_index', 'ext_attr'];
const TYPES = {
  ext2: BASE,
  ext3: [...BASE, 'has_journal'],
  ext4: [
    ...BASE,
    ...[
      'has_journal',
      'extent',
      'huge_file',
      'flex_bg',
      'metadata_csum',
      '64bit',
      'dir_nlink',
      'extra_isize',
    ],
  ],
} as const;

/** The order of the members is that of `mke2fs` and of the words for people. */
export const formatSchema = z.strictObject({
  maker: z.literal('mke2fs').exactOptional(),
  type: z.literal(['ext2', 'ext3', 'ext4']).exactOptional(),
  features: z
    .array(
      z.string().regex(/^\^?[a-z0-9_-]{2,32}$/, { error: 'expected the name of a feature, perhaps with ^' }),
    )
    .max(FEATURES_MAX)
    .exactOptional(),
  inodeSize: z.literal(INODE_SIZES).exactOptional(),
  inodeRatio: z
    .int()
    .min(1024)
    .max(65536 * 1024)
    .exactOptional(),
  clusterSize: z
    .int()
    .min(2048)
    .max(2 ** 29)
    .refine((bytes) => Number.isInteger(Math.log2(bytes)), { error: 'expected a power of two' })
    .exactOptional(),
  blocksPerGroup: z.int().min(256).max(65528).multipleOf(8).exactOptional(),
  groupsPerFlex: z.int().min(1).max(65536).exactOptional(),
  descriptorSize: z.literal([64, 128, 256, 512, 1024]).exactOptional(),
  journalBlocks: z.int().min(1024).max(10_240_000).exactOptional(),
  reservedPercent: z.number().min(0).max(50).exactOptional(),
  hash: z.literal(HASH_NAMES).exactOptional(),
  unsignedHash: z.literal(true).exactOptional(),
});

/** Has a file system of this format the feature? */
export function hasFeature(format: SetupFormat | undefined, name: string): boolean {
  const { type = 'ext4', features = [] } = format ?? {};
  const last = features.findLast((word) => word === name || word === `^${name}` || word === 'none');
  return last === undefined ? (TYPES[type] as readonly string[]).includes(name) : last === name;
}

const BLOCKS_PER_CLUSTER = 16;

/** Bytes of which a bitmap has one bit: a block, or with bigalloc several. */
export const clusterSize = (format: SetupFormat | undefined, blockSize: number): number =>
  hasFeature(format, 'bigalloc') ? (format?.clusterSize ?? BLOCKS_PER_CLUSTER * blockSize) : blockSize;

/** One format with the choices of another over it; the changes of features follow each other. */
export function joinFormats(first: SetupFormat, second: SetupFormat): SetupFormat {
  const features = [...(first.features ?? []), ...(second.features ?? [])];
  return { ...first, ...second, ...(features.length > 0 && { features: [...new Set(features)] }) };
}

/** The arguments of mke2fs, but for size, identity and name of the image; `extended` are more words for its `-E`. */
export function mke2fsArguments(
  format: SetupFormat,
  blockSize: number,
  extended: readonly string[] = [],
): string[] {
  const { type = 'ext4', features = [], descriptorSize, journalBlocks } = format;
  const words = ['-t', type, '-b', String(blockSize)];
  if (features.length > 0) words.push('-O', features.join(','));
  const more = [...extended, ...(descriptorSize === undefined ? [] : [`desc_size=${descriptorSize}`])];
  if (more.length > 0) words.push('-E', more.join(','));
  if (journalBlocks !== undefined) words.push('-J', `size=${(journalBlocks * blockSize) / 2 ** 20}`);
  const numbers = [
    ['-I', format.inodeSize],
    ['-i', format.inodeRatio],
    ['-C', format.clusterSize],
    ['-g', format.blocksPerGroup],
    ['-G', format.groupsPerFlex],
    ['-m', format.reservedPercent],
  ] as const;
  for (const [letter, value] of numbers) if (value !== undefined) words.push(letter, String(value));
  return words;
}

/** EXT2_FLAGS_UNSIGNED_HASH as s_flags alone; the other flags that mke2fs sets say how char is signed on its machine. */
const UNSIGNED_HASH_FLAG = 2;

/** What mke2fs cannot be asked for: commands for the image that it has made, each a program and its arguments before the image. */
export function commandsAfterMke2fs({ hash, unsignedHash }: SetupFormat): string[][] {
  return [
    ...(hash === undefined ? [] : [['tune2fs', '-E', `hash_alg=${hash}`]]),
    ...(unsignedHash === undefined
      ? []
      : [['debugfs', '-w', '-R', `set_super_value flags ${UNSIGNED_HASH_FLAG}`]]),
  ];
}

/** For people: what differs from the usual; nothing for the usual format. */
export function formatText(format: SetupFormat, blockSize: number): string {
  const [, , , , ...changes] = mke2fsArguments(format, blockSize);
  const words = [...(format.type === undefined ? [] : ['-t', format.type]), ...changes];
  const after = commandsAfterMke2fs(format).map((command) => `, then ${command.join(' ')}`);
  return `${format.maker ?? 'made'} with ${words.join(' ')}${after.join('')}`;
}
