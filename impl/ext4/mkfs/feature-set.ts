import { featureWords, isFeatureName, type FeatureName, type Features } from '../super/features.ts';
import { MkfsError } from './mkfs-error.ts';
import type { MkfsOptions } from './options.ts';

const BASE: readonly FeatureName[] = [
  'sparse_super',
  'large_file',
  'filetype',
  'resize_inode',
  'dir_index',
  'ext_attr',
];

/** What `mke2fs -t` starts from (base_features and features of mke2fs.conf, e2fsprogs 1.47). */
export const FILE_SYSTEM_TYPES = {
  ext2: BASE,
  ext3: [...BASE, 'has_journal'],
  ext4: [
    ...BASE,
    'has_journal',
    'extent',
    'huge_file',
    'flex_bg',
    'metadata_csum',
    '64bit',
    'dir_nlink',
    'extra_isize',
  ],
} as const satisfies Readonly<Record<string, readonly FeatureName[]>>;

export type FileSystemType = keyof typeof FILE_SYSTEM_TYPES;

/** Other names that mke2fs takes for the same feature. */
const ALIASES: Readonly<Record<string, FeatureName>> = { extents: 'extent', gdt_csum: 'uninit_bg' };

/** What this mkfs can make. Of the rest it has no idea what belongs on the disk. */
const POSSIBLE: ReadonlySet<FeatureName> = new Set<FeatureName>([
  ...FILE_SYSTEM_TYPES.ext4,
  'sparse_super2',
  'fast_commit',
  'stable_inodes',
  'orphan_file',
  'meta_bg',
  'mmp',
  'ea_inode',
  'metadata_csum_seed',
  'large_dir',
  'inline_data',
  'encrypt',
  'casefold',
  'uninit_bg',
  'quota',
  'bigalloc',
  'project',
  'verity',
]);

interface Rule {
  readonly feature: FeatureName;
  readonly needs?: FeatureName;
  readonly excludes?: FeatureName;
}

/** What mke2fs insists on, and where it does not, what makes sense to nobody. */
const RULES: readonly Rule[] = [
  { feature: '64bit', needs: 'extent' },
  { feature: 'bigalloc', needs: 'extent' },
  { feature: 'verity', needs: 'extent' },
  { feature: 'metadata_csum_seed', needs: 'metadata_csum' },
  { feature: 'orphan_file', needs: 'has_journal' },
  { feature: 'fast_commit', needs: 'has_journal' },
  { feature: 'resize_inode', needs: 'sparse_super' },
  { feature: 'resize_inode', excludes: 'meta_bg' },
];

/** Blocks that a number of 32 bits can say. */
const BLOCKS_MAX_NARROW = 2 ** 32 - 1;

/** Features that keep something behind the first 128 bytes of an inode. */
const NEED_LARGE_INODES: readonly FeatureName[] = ['inline_data', 'project'];

/**
 * The features that the options ask for: those of the type, changed one after the other as `mke2fs -O` does. Throws
 * MkfsError, by name, for a feature that nobody knows, that this mkfs cannot make, or that does not go with another.
 */
export function newFeatures(options: MkfsOptions): Features {
  const { type = 'ext4', features = [], inodeSize = 256 } = options;
  const chosen = new Set<FeatureName>(FILE_SYSTEM_TYPES[type]);
  for (const word of features) change(chosen, word);
  // mke2fs turns the older one off without a word, because old configuration files name both.
  if (chosen.has('metadata_csum')) chosen.delete('uninit_bg');
  const blocks = Math.floor(options.sizeBytes / options.blockSize);
  if (blocks > BLOCKS_MAX_NARROW) {
    if (!chosen.has('64bit')) throw new MkfsError(`${blocks} blocks without 64bit`);
    // Its map has numbers of 32 bits; mke2fs does without, too.
    chosen.delete('resize_inode');
  }
  for (const { feature, needs, excludes } of RULES) {
    if (!chosen.has(feature)) continue;
    if (needs !== undefined && !chosen.has(needs)) throw new MkfsError(`${feature} without ${needs}`);
    if (excludes !== undefined && chosen.has(excludes))
      throw new MkfsError(`${feature} together with ${excludes}`);
  }
  const cramped = NEED_LARGE_INODES.find((name) => inodeSize < 256 && chosen.has(name));
  if (cramped !== undefined) throw new MkfsError(`${cramped} with inodes of ${inodeSize} bytes`);
  return featureWords(chosen);
}

function change(chosen: Set<FeatureName>, word: string): void {
  if (word === 'none') {
    chosen.clear();
    return;
  }
  const off = word.startsWith('^');
  const written = off ? word.slice(1) : word;
  const name = ALIASES[written] ?? written;
  if (!isFeatureName(name)) throw new MkfsError(`there is no feature ${written}`);
  if (off) chosen.delete(name);
  else if (POSSIBLE.has(name)) chosen.add(name);
  else throw new MkfsError(`a file system with ${name} cannot be made here`);
}
