import { Corruption } from '../../lib/corruption.ts';
import type { Inode } from '../inode/inode.ts';
import { EXT4_EXT_MAGIC, EXT4_MAX_EXTENT_DEPTH } from '../layout/extent.ts';
import { EXT4_JOURNAL_INO } from '../layout/inode.ts';
import { capacity, type ExtentNode } from './node.ts';

/** One more than the last logical block that a file may have (EXT_MAX_BLOCKS). */
export const MAX_BLOCKS = 2 ** 32 - 1;

/** What the index entry above a node says about it; the root has none above it. */
export interface Expected {
  /** Levels below the node. */
  readonly depth: number;
  /** Key of the index entry, or null for the root. */
  readonly firstKey: number | null;
  /** Everything in the node lies before this logical block. */
  readonly endKey: number;
}

/**
 * Checks a node as it came from the disk (__ext4_ext_check), before anything in it is believed. Its checksum was
 * looked at already. Throws Corruption.
 */
export function checkNode(inode: Inode, node: ExtentNode, expected: Expected): void {
  checkHeader(inode, node, expected);
  if (node.count === 0) return;
  // The key above a node is the key of its first entry; a search that trusted another one would go astray.
  if (expected.firstKey !== null && node.key(0) !== expected.firstKey) {
    reject(inode, node, 'first key', node.key(0), `${expected.firstKey} as in the index above`);
  }
  if (node.depth === 0) checkExtents(inode, node, expected.endKey);
  else checkIndexes(inode, node, expected.endKey);
}

/** The part of the check that bounds every loop: cheap enough for each walk from the root. */
export function checkHeader(inode: Inode, node: ExtentNode, { depth }: Pick<Expected, 'depth'>): void {
  const { magic, max, entries } = node.header;
  if (magic !== EXT4_EXT_MAGIC) reject(inode, node, 'eh_magic', magic, String(EXT4_EXT_MAGIC));
  if (node.depth !== depth || depth > EXT4_MAX_EXTENT_DEPTH) {
    reject(inode, node, 'eh_depth', node.depth, `${Math.min(depth, EXT4_MAX_EXTENT_DEPTH)}`);
  }
  const limit = capacity(node.byteLength);
  if (max === 0 || max > limit) reject(inode, node, 'eh_max', max, `1 .. ${limit}`);
  if (entries > max) reject(inode, node, 'eh_entries', entries, `at most ${max}`);
  if (entries === 0 && depth > 0) reject(inode, node, 'eh_entries', 0, 'at least 1 in an index node');
}

function checkExtents(inode: Inode, node: ExtentNode, endKey: number): void {
  let next = 0;
  for (let slot = 0; slot < node.count; slot++) {
    const { logical, length, physical } = node.extent(slot);
    if (length === 0) reject(inode, node, 'ee_len', 0, 'at least 1');
    if (logical < next)
      reject(inode, node, 'ee_block', logical, `at least ${next}, the end of the extent before`);
    next = logical + length;
    if (next > endKey) reject(inode, node, 'ee_len', length, `an end at or before block ${endKey}`);
    checkPlace(inode, node, 'ee_start', physical, length);
  }
}

function checkIndexes(inode: Inode, node: ExtentNode, endKey: number): void {
  let next = 0;
  for (let slot = 0; slot < node.count; slot++) {
    const key = node.key(slot);
    if (key < next || key >= endKey) reject(inode, node, 'ei_block', key, `${next} .. ${endKey - 1}`);
    next = key + 1;
    checkPlace(inode, node, 'ei_leaf', node.child(slot), 1);
  }
}

/** ext4_inode_block_valid: on the device, beyond the boot block and the superblock, and no fixed metadata. */
function checkPlace(inode: Inode, node: ExtentNode, field: string, start: number, length: number): void {
  const { firstDataBlock, blocks } = inode.sb.geometry;
  if (start <= firstDataBlock || start + length > blocks) {
    reject(inode, node, field, start, `${firstDataBlock + 1} .. ${blocks - length}`);
  }
  // The journal may count among the fixed metadata; its own inode maps it all the same, before there is an allocator.
  if (inode.ino !== EXT4_JOURNAL_INO && inode.sb.blockAllocator.fixed.zones.overlaps(start, length)) {
    reject(inode, node, field, start, 'no fixed metadata');
  }
}

function reject(inode: Inode, node: ExtentNode, field: string, found: number, expected: string): never {
  const place = node.buffer === null ? 'i_block' : `block ${node.buffer.block}`;
  throw new Corruption(`extent tree of inode ${inode.ino}, ${place}`, field, found, expected);
}
