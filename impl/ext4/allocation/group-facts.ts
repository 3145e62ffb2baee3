import {
  blockBitmap,
  freeBlocks,
  freeInodes,
  inodeBitmap,
  inodeTable,
  usedDirectories,
} from '../layout/group-descriptor.ts';
import { groupBlocks, groupFirstBlock } from './group-layout.ts';
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
}

export function groupFacts({ groups, geometry, blockAllocator }: SuperBlock): GroupFacts[] {
  const { descriptorSize } = geometry;
  const { layout } = blockAllocator.fixed;
  return groups.map(({ number, raw }) => ({
    number,
    firstBlock: groupFirstBlock(layout, number),
    blocks: groupBlocks(layout, number),
    blockBitmap: blockBitmap(raw, descriptorSize),
    inodeBitmap: inodeBitmap(raw, descriptorSize),
    inodeTable: inodeTable(raw, descriptorSize),
    freeBlocks: freeBlocks(raw, descriptorSize),
    freeInodes: freeInodes(raw, descriptorSize),
    directories: usedDirectories(raw, descriptorSize),
  }));
}
