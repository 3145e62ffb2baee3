import { joinFormats, type SetupFormat } from '../format.ts';
import type { HashName } from '../hash-names.ts';
import type { BlockSize } from '../setup.ts';

/** One way to answer one of the questions of a format. */
export interface FormatChoice {
  readonly name: string;
  readonly format: SetupFormat;
  /** Only with blocks of at least so many bytes. */
  readonly blockSizeMin?: BlockSize;
  /** Names of choices of other questions that it does not go with. */
  readonly not?: readonly string[];
}

/** One question about the format of a file system, and its answers. */
export interface FormatDimension {
  /** What the choices are about. */
  readonly name: string;
  /** What the usual format has; nothing to write down. */
  readonly usual: string;
  readonly choices: readonly FormatChoice[];
}

const features = (name: string, ...words: readonly string[]): FormatChoice => ({
  name,
  format: { features: words },
});

const hashes = (name: string, hash?: HashName, unsignedHash?: true): FormatChoice => ({
  name,
  format: { ...(hash !== undefined && { hash }), ...(unsignedHash !== undefined && { unsignedHash }) },
});

/** Choices of other questions that need extents. */
const CLUSTERED = ['bigalloc', 'clusters of 8 KiB'];

/** Choices of other questions that an ext3 could only answer by more features of an ext4. */
const NOT_IN_EXT3 = ['metadata_csum_seed', '128 bytes', 'small groups in fours', ...CLUSTERED];

/**
 * All that is known to differ between file systems, question by question: whatever is chosen for one goes with every choice
 * for the others, but where `not` says otherwise. The matrix of features takes its rows from here, and so does `check`.
 */
export const FORMAT_DIMENSIONS: readonly FormatDimension[] = [
  {
    name: 'checksums',
    usual: 'metadata_csum',
    choices: [
      features('metadata_csum_seed', 'metadata_csum_seed'),
      features('uninit_bg', '^metadata_csum', 'uninit_bg'),
      features('no checksums', '^metadata_csum'),
    ],
  },
  {
    name: 'descriptors',
    usual: '64 bytes',
    choices: [features('32 bytes', '^64bit'), { name: '128 bytes', format: { descriptorSize: 128 } }],
  },
  {
    name: 'copies',
    usual: 'resize_inode',
    choices: [
      features('no resize_inode', '^resize_inode'),
      features('meta_bg', '^resize_inode', 'meta_bg'),
      features('sparse_super2', 'sparse_super2'),
      features('a copy in each group', '^resize_inode', '^sparse_super'),
    ],
  },
  {
    name: 'groups',
    usual: 'flex_bg',
    choices: [
      features('no flex_bg', '^flex_bg'),
      { name: 'small groups in fours', format: { blocksPerGroup: 2048, groupsPerFlex: 4 } },
      { name: 'small groups', format: { features: ['^flex_bg'], blocksPerGroup: 2048 } },
    ],
  },
  {
    name: 'inodes',
    usual: '256 bytes',
    choices: [
      { name: 'inodes of 128 bytes', format: { inodeSize: 128 }, not: ['project', 'inline_data'] },
      { name: 'inodes of 512 bytes', format: { inodeSize: 512 } },
      { name: 'inodes of 1024 bytes', format: { inodeSize: 1024 } },
      { name: 'few inodes', format: { inodeRatio: 65536 } },
    ],
  },
  { name: 'orphans', usual: 'list', choices: [features('orphan_file', 'orphan_file')] },
  {
    name: 'journal',
    usual: 'a journal',
    choices: [
      { ...features('no journal', '^has_journal'), not: ['orphan_file'] },
      features('fast_commit', 'fast_commit'),
    ],
  },
  {
    name: 'clusters',
    usual: 'a block',
    choices: [
      features('bigalloc', 'bigalloc'),
      { name: 'clusters of 8 KiB', format: { features: ['bigalloc'], clusterSize: 8192 } },
    ],
  },
  {
    name: 'hashes of names',
    usual: 'half_md4, bytes with a sign',
    choices: [
      hashes('legacy hash', 'legacy'),
      hashes('legacy hash without a sign', 'legacy', true),
      hashes('half_md4 without a sign', undefined, true),
      hashes('tea hash', 'tea'),
      hashes('tea hash without a sign', 'tea', true),
    ],
  },
  { name: 'small files', usual: 'blocks', choices: [features('inline_data', 'inline_data')] },
  {
    name: 'attributes',
    usual: 'shared blocks',
    choices: [{ ...features('ea_inode', 'ea_inode'), not: ['no ext_attr'] }],
  },
  {
    name: 'old',
    usual: 'everything new',
    choices: [
      features('no huge_file', '^huge_file'),
      features('no dir_nlink', '^dir_nlink'),
      features('no extra_isize', '^extra_isize'),
      features('no large_file', '^large_file'),
      features('no dir_index', '^dir_index'),
      features('no ext_attr', '^ext_attr'),
      features('no filetype', '^filetype'),
    ],
  },
  {
    name: 'maps',
    usual: 'extents',
    choices: [
      { ...features('indirect blocks', '^64bit', '^extent'), not: ['128 bytes', ...CLUSTERED] },
      { name: 'as ext3', format: { type: 'ext3' }, not: NOT_IN_EXT3 },
      { name: 'as ext2', format: { type: 'ext2' }, not: [...NOT_IN_EXT3, 'orphan_file', 'fast_commit'] },
    ],
  },
  {
    name: 'extras',
    usual: 'none',
    choices: [
      features('stable_inodes', 'stable_inodes'),
      { ...features('large_dir', 'large_dir'), not: ['no dir_index'] },
      features('project', 'project'),
      { name: 'no reserved blocks', format: { reservedPercent: 0 } },
      // Of what is left over behind the last cluster half is reserved as well, by mke2fs, too: more than e2fsck accepts.
      { name: 'half reserved', format: { reservedPercent: 50 }, not: CLUSTERED },
    ],
  },
];

/** Do two choices go with each other? */
const together = (left: FormatChoice, right: FormatChoice): boolean =>
  left.not?.includes(right.name) !== true && right.not?.includes(left.name) !== true;

/** The choice of that name. */
export function choiceNamed(wanted: string): FormatChoice {
  for (const { choices } of FORMAT_DIMENSIONS)
    for (const choice of choices) if (choice.name === wanted) return choice;
  throw new RangeError(`no format is called ${wanted}`);
}

/** The format that all these choices make. */
export function formatOf(choices: readonly FormatChoice[]): SetupFormat | undefined {
  if (choices.length === 0) return undefined;
  return choices.reduce<SetupFormat>((format, choice) => joinFormats(format, choice.format), {});
}

/** Those that fit the block size and each other, in order; of two that do not, the first. */
export function compatible(choices: readonly FormatChoice[], blockSize: BlockSize): FormatChoice[] {
  const kept: FormatChoice[] = [];
  for (const choice of choices) {
    const { inodeSize = 0, clusterSize = Infinity } = choice.format;
    if ((choice.blockSizeMin ?? 0) > blockSize || inodeSize > blockSize || clusterSize < blockSize) continue;
    if (kept.every((other) => together(choice, other))) kept.push(choice);
  }
  return kept;
}
