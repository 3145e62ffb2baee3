import {
  EXT4_BG_BLOCK_UNINIT,
  EXT4_BG_INODE_UNINIT,
  EXT4_BG_INODE_ZEROED,
  blockBitmap,
  freeBlocks,
  freeInodes,
  inodeBitmap,
  inodeTable,
  unusedInodes,
  usedDirectories,
} from '../layout/group-descriptor.ts';
import { groupBlocks, groupFirstBlock } from './group-layout.ts';
import { RO_COMPAT } from '../super/features.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** A block group as its descriptor shows it, in blocks; for people to look at. */
export interface GroupFacts {
  readonly number: number;
  readonly firstBlock: number;
  readonly blocks: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly directories: number;
  /** Inodes at the end of the table that were never used. */
  readonly unusedInodes: number;
  /** As dumpe2fs calls them. */
  readonly flags: readonly string[];
}

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [EXT4_BG_INODE_UNINIT, 'INODE_UNINIT'],
  [EXT4_BG_BLOCK_UNINIT, 'BLOCK_UNINIT'],
  [EXT4_BG_INODE_ZEROED, 'ITABLE_ZEROED'],
];

/** What a mounted file system holds of its groups, in order; free blocks are counted in blocks, with bigalloc in clusters. */
export function groupFacts({ groups, geometry, features, blockAllocator }: SuperBlock): GroupFacts[] {
  // Without checksums flags mean nothing, whatever stands there.
  const flags = (features.roCompat & (RO_COMPAT.uninit_bg | RO_COMPAT.metadata_csum)) === 0 ? [] : FLAGS;
  const { descriptorSize } = geometry;
  const { layout } = blockAllocator.fixed;
  return groups.map(({ number, raw }) => ({
    number,
    firstBlock: groupFirstBlock(layout, number),
    blocks: groupBlocks(layout, number),
    blockBitmap: blockBitmap(raw, descriptorSize),
    inodeBitmap: inodeBitmap(raw, descriptorSize),
    inodeTable: inodeTable(raw, descriptorSize),
    freeBlocks: freeBlocks(raw, descriptorSize) * geometry.clusterRatio,
    freeInodes: freeInodes(raw, descriptorSize),
    directories: usedDirectories(raw, descriptorSize),
    unusedInodes: unusedInodes(raw, descriptorSize),
    flags: flags.filter(([bit]) => (raw.flags & bit) !== 0).map(([, name]) => name),
  }));
}
