import { MountRefused } from '../../lib/corruption.ts';

/** Feature bits by the names that mke2fs and dumpe2fs use (lib/e2p/feature.c of e2fsprogs, fs/ext4/ext4.h). */
export const COMPAT = {
  dir_prealloc: 0x1,
  imagic_inodes: 0x2,
  has_journal: 0x4,
  ext_attr: 0x8,
  resize_inode: 0x10,
  dir_index: 0x20,
  lazy_bg: 0x40,
  exclude_bitmap: 0x100,
  sparse_super2: 0x200,
  fast_commit: 0x400,
  stable_inodes: 0x800,
  orphan_file: 0x1000,
} as const;

export const INCOMPAT = {
  compression: 0x1,
  filetype: 0x2,
  needs_recovery: 0x4,
  journal_dev: 0x8,
  meta_bg: 0x10,
  extent: 0x40,
  '64bit': 0x80,
  mmp: 0x100,
  flex_bg: 0x200,
  ea_inode: 0x400,
  dirdata: 0x1000,
  metadata_csum_seed: 0x2000,
  large_dir: 0x4000,
  inline_data: 0x8000,
  encrypt: 0x10000,
  casefold: 0x20000,
} as const;

export const RO_COMPAT = {
  sparse_super: 0x1,
  large_file: 0x2,
  btree_dir: 0x4,
  huge_file: 0x8,
  uninit_bg: 0x10,
  dir_nlink: 0x20,
  extra_isize: 0x40,
  has_snapshot: 0x80,
  quota: 0x100,
  bigalloc: 0x200,
  metadata_csum: 0x400,
  replica: 0x800,
  'read-only': 0x1000,
  project: 0x2000,
  shared_blocks: 0x4000,
  verity: 0x8000,
  orphan_present: 0x10000,
} as const;

/** The three words of a superblock. */
export interface Features {
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
}

const all = (...bits: readonly number[]): number => bits.reduce((sum, bit) => sum | bit, 0);

/**
 * What a read-write mount may meet. A compatible feature never hinders a mount, so only the two other words are asked.
 */
export const SUPPORTED_INCOMPAT = all(
  INCOMPAT.filetype,
  INCOMPAT.needs_recovery,
  INCOMPAT.extent,
  INCOMPAT['64bit'],
  INCOMPAT.flex_bg,
  INCOMPAT.meta_bg,
  INCOMPAT.metadata_csum_seed,
  INCOMPAT.large_dir,
  INCOMPAT.ea_inode,
  INCOMPAT.inline_data,
);

export const SUPPORTED_RO_COMPAT = all(
  RO_COMPAT.sparse_super,
  RO_COMPAT.large_file,
  RO_COMPAT.huge_file,
  RO_COMPAT.uninit_bg,
  RO_COMPAT.dir_nlink,
  RO_COMPAT.extra_isize,
  RO_COMPAT.bigalloc,
  RO_COMPAT.metadata_csum,
  RO_COMPAT.project,
  RO_COMPAT.orphan_present,
);

/**
 * Nothing here knows what to write for these, but all can be read: names of casefolded directories are found as they are
 * spelt, names of encrypted ones are bytes, contents of encrypted files cannot be opened (EOPNOTSUPP).
 */
const READABLE_INCOMPAT = all(INCOMPAT.mmp, INCOMPAT.encrypt, INCOMPAT.casefold);

/** A feature as mke2fs and dumpe2fs call it. */
export type FeatureName = keyof typeof COMPAT | keyof typeof INCOMPAT | keyof typeof RO_COMPAT;

export const isFeatureName = (name: string): name is FeatureName =>
  name in COMPAT || name in INCOMPAT || name in RO_COMPAT;

/** Asked when something is made or mounted; what runs often asks the words themselves. */
export function hasFeature(features: Features, name: FeatureName): boolean {
  if (name in COMPAT) return (features.compat & COMPAT[name as keyof typeof COMPAT]) !== 0;
  if (name in INCOMPAT) return (features.incompat & INCOMPAT[name as keyof typeof INCOMPAT]) !== 0;
  return (features.roCompat & RO_COMPAT[name as keyof typeof RO_COMPAT]) !== 0;
}

/** The three words with exactly these features. */
export function featureWords(names: Iterable<FeatureName>): Features {
  const words = { compat: 0, incompat: 0, roCompat: 0 };
  for (const name of names) {
    if (name in COMPAT) words.compat |= COMPAT[name as keyof typeof COMPAT];
    else if (name in INCOMPAT) words.incompat |= INCOMPAT[name as keyof typeof INCOMPAT];
    else words.roCompat |= RO_COMPAT[name as keyof typeof RO_COMPAT];
  }
  return words;
}

type Word = Readonly<Record<string, number>>;

/** Names of the bits set in one word; a bit without a name appears as mke2fs prints it, e.g. FEATURE_I30. */
export function featureNames(letter: 'C' | 'I' | 'R', bits: number): string[] {
  const names: Word = { C: COMPAT, I: INCOMPAT, R: RO_COMPAT }[letter];
  const found: string[] = [];
  for (let index = 0; index < 32; index++) {
    const bit = 2 ** index;
    if (Math.floor(bits / bit) % 2 === 0) continue;
    const known = Object.entries(names).find(([, value]) => value === bit);
    found.push(known?.[0] ?? `FEATURE_${letter}${index}`);
  }
  return found;
}

/** Bits of `word` outside `allowed`, as an unsigned number. */
const outside = (word: number, allowed: number): number => (word & ~allowed) >>> 0;

/** May contents lie in inodes (the feature inline_data)? */
export const hasInlineData = ({ features }: { readonly features: Features }): boolean =>
  (features.incompat & INCOMPAT.inline_data) !== 0;

/** Refuses, by name, what this implementation may not touch (ext4_feature_set_ok). */
export function checkFeatures(features: Features, readOnly: boolean): void {
  const unsupported = outside(features.incompat, SUPPORTED_INCOMPAT | READABLE_INCOMPAT);
  if (unsupported !== 0) refuse('incompatible features', featureNames('I', unsupported));
  const unwritable = readOnly ? [] : unwritableFeatures(features);
  if (unwritable.length > 0) refuse('read-write with features', unwritable);
}

/** Names of the features with which nothing can be written here, though all can be read. */
export function unwritableFeatures(features: Features): readonly string[] {
  const incompat = features.incompat & READABLE_INCOMPAT;
  const roCompat = outside(features.roCompat, SUPPORTED_RO_COMPAT);
  // Names cost more than all the rest of a check that finds nothing.
  if (incompat === 0 && roCompat === 0) return [];
  return [...featureNames('I', incompat), ...featureNames('R', roCompat)];
}

function refuse(what: string, names: readonly string[]): never {
  throw new MountRefused(`cannot mount ${what}: ${names.join(', ')}`);
}
