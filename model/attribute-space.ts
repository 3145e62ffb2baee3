import { storedLength } from './access-control-list.ts';
import { lengthOfStored } from './capability.ts';
import type { Extras } from './inode.ts';
import { utf8Length } from './limits.ts';
import type { ModelOptions } from './options.ts';

/**
 * Whether extended attributes fit: `unless-full` where only a device without a free block refuses them, `perhaps` where it
 * depends on how they came to lie between the inode and its block.
 */
export type Fit = 'unless-full' | 'perhaps' | 'never';

/** The inode's own fields; what lies beyond them is for attributes (EXT4_GOOD_OLD_INODE_SIZE, i_extra_isize). */
const OLD_INODE_BYTES = 128;
const EXTRA_FIELDS_BYTES = 32;

/** The magic number before the attributes of an inode, and the header of a block of them. */
const INODE_HEADER_BYTES = 4;
const BLOCK_HEADER_BYTES = 32;

/** Four zero bytes end the list of names in either place. */
const END_BYTES = 4;

const ENTRY_BYTES = 16;

/** How many bytes of a block must stay: a longer value goes to an inode of its own (EXT4_XATTR_MIN_LARGE_EA_SIZE). */
const LARGE_VALUE_RESERVE_BYTES = 56;

const rounded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** All of an inode that is stored as an extended attribute. */
export type Metadata = Pick<Extras, 'xattrs' | 'accessList' | 'defaultList'>;

/** Judges the attributes that an inode is to have. */
export function attributesFit(options: ModelOptions, inode: Readonly<Metadata>): Fit {
  const inInode = Math.max(
    0,
    options.inodeBytes - OLD_INODE_BYTES - EXTRA_FIELDS_BYTES - INODE_HEADER_BYTES - END_BYTES,
  );
  const inBlock = options.blockSizeBytes - BLOCK_HEADER_BYTES - END_BYTES;
  const sizes = sizesOf(inode, options);
  const least = sizes.reduce((sum, { least }) => sum + least, 0);
  const most = sizes.reduce((sum, { most }) => sum + most, 0);
  const largest = sizes.reduce((max, { least }) => Math.max(max, least), 0);
  if (largest > Math.max(inBlock, inInode) || least > inBlock + inInode) return 'never';
  return most <= inBlock ? 'unless-full' : 'perhaps';
}

/** How much of a block is kept for names where values may lie elsewhere: an eighth, and no more than this (EXT4_XATTR_BLOCK_RESERVE). */
const NAMES_RESERVE_BYTES = 1024;

/** Whether the value that was just set may have gone to an inode of its own, when these are all that there are then. */
export function mayLieElsewhere(options: ModelOptions, inode: Readonly<Metadata>): boolean {
  if (!options.eaInode) return false;
  const { blockSizeBytes } = options;
  const reserve = Math.min(blockSizeBytes / 8, NAMES_RESERVE_BYTES);
  const values = sizesOf(inode, options).reduce((sum, { value }) => sum + value, 0);
  return attributesFit(options, inode) !== 'unless-full' || values > blockSizeBytes - reserve;
}

interface Size {
  /** Bytes that an entry takes with its value, at least and at most: the value may be elsewhere. */
  readonly least: number;
  readonly most: number;
  /** Bytes of the value, wherever it is. */
  readonly value: number;
}

function sizesOf({ xattrs, accessList, defaultList }: Readonly<Metadata>, options: ModelOptions): Size[] {
  const sizes: Size[] = [];
  const add = (nameBytes: number, valueBytes: number): void => {
    const entry = ENTRY_BYTES + rounded(nameBytes);
    const value = rounded(valueBytes);
    const large = valueBytes > options.blockSizeBytes - LARGE_VALUE_RESERVE_BYTES;
    sizes.push({
      least: options.eaInode ? entry : entry + value,
      most: options.eaInode && large ? entry : entry + value,
      value,
    });
  };
  for (const [name, value] of xattrs ?? []) {
    add(utf8Length(name.slice(name.indexOf('.') + 1)), lengthOfStored(value));
  }
  for (const list of [accessList, defaultList]) if (list !== null) add(0, storedLength(list));
  return sizes;
}
