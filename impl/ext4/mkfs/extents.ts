import { highHalf, lowHalf } from '../../lib/struct.ts';
import { extentBlockChecksum, inodeSeed } from '../integrity/checksum.ts';
import { EXT4_EXTENTS_FL } from '../inode/inode.ts';
import {
  EXT4_EXT_MAGIC,
  ExtentHeaderLayout,
  ExtentIndexLayout,
  ExtentLayout,
  extentTailOffset,
  ExtentTailLayout,
} from '../layout/extent.ts';
import { I_BLOCK_OFFSET, type RawInode } from '../layout/inode.ts';
import { bytesOf } from './image.ts';
import type { Run } from './used-blocks.ts';

/** i_block holds so many extents without a tree. */
export const EXTENTS_IN_INODE = 4;

/** Extents in a block of the tree, which keeps room for a checksum in any case. */
export const extentsInBlock = (blockSize: number): number =>
  Math.floor((blockSize - ExtentHeaderLayout.size) / ExtentLayout.size);

/** Where a file's tree has its one leaf, when its extents do not fit into the inode. */
export interface TreeBlock {
  readonly block: number;
  readonly view: DataView;
}

/** Writes the extents of a file into its inode, or into a leaf. `seed` is that of checksums, null without them. */
export function setExtents(
  raw: RawInode,
  ino: number,
  runs: readonly Run[],
  leaf: TreeBlock | null,
  seed: number | null,
): void {
  raw.flags = EXT4_EXTENTS_FL;
  const root = raw.base + I_BLOCK_OFFSET;
  if (leaf === null) {
    setNode(raw.view, root, { entries: runs.length, max: EXTENTS_IN_INODE, depth: 0 });
    setLeafEntries(raw.view, root, runs);
    return;
  }
  // The slots behind the first keep what was in them before there was a fifth extent, as mke2fs leaves them.
  setLeafEntries(raw.view, root, runs.slice(0, EXTENTS_IN_INODE));
  setNode(raw.view, root, { entries: 1, max: EXTENTS_IN_INODE, depth: 1 });
  const index = ExtentIndexLayout.at(raw.view, root + ExtentHeaderLayout.size);
  index.block = 0;
  index.unused = 0;
  index.leafLo = lowHalf(leaf.block);
  index.leafHi = highHalf(leaf.block);
  const { view } = leaf;
  const max = extentsInBlock(view.byteLength);
  setNode(view, 0, { entries: runs.length, max, depth: 0 });
  setLeafEntries(view, 0, runs);
  if (seed === null) return;
  const checksum = extentBlockChecksum(inodeSeed(seed, ino, raw.generation), bytesOf(view), max);
  ExtentTailLayout.at(view, extentTailOffset(max)).checksum = checksum;
}

interface Node {
  readonly entries: number;
  readonly max: number;
  readonly depth: number;
}

function setNode(view: DataView, at: number, { entries, max, depth }: Node): void {
  const header = ExtentHeaderLayout.at(view, at);
  header.magic = EXT4_EXT_MAGIC;
  header.entries = entries;
  header.max = max;
  header.depth = depth;
}

function setLeafEntries(view: DataView, at: number, runs: readonly Run[]): void {
  let logical = 0;
  runs.forEach(({ start, length }, index) => {
    const extent = ExtentLayout.at(view, at + ExtentHeaderLayout.size + index * ExtentLayout.size);
    extent.block = logical;
    extent.len = length;
    extent.startHi = highHalf(start);
    extent.startLo = lowHalf(start);
    logical += length;
  });
}
