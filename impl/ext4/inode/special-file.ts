import { BlockRuns } from '../../block/block-runs.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { join } from '../../lib/struct.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { descriptorBlock, type GroupLayout } from '../allocation/group-layout.ts';
import { extentBlockChecksum, inodeChecksumMatches, inodeSeed } from '../integrity/checksum.ts';
import { EXT4_EXTENTS_FL, isRegular } from './inode.ts';
import {
  EXT4_EXT_MAGIC,
  EXT4_MAX_EXTENT_DEPTH,
  EXT_INIT_MAX_LEN,
  ExtentHeaderLayout,
  ExtentIndexLayout,
  ExtentLayout,
  ExtentTailLayout,
  extentStart,
  extentTailOffset,
  indexLeaf,
} from '../layout/extent.ts';
import { GroupDescriptorLayout, inodeTable } from '../layout/group-descriptor.ts';
import { I_BLOCK_OFFSET, InodeLayout, type RawInode } from '../layout/inode.ts';
import { I_BLOCK_BYTES } from './inode.ts';
import { pointedBlocks } from './pointed-blocks.ts';
import type { CheckedSuperBlock } from '../super/check.ts';
import type { Geometry } from '../super/super-block.ts';

/** What is known of a file system before it is mounted. */
export interface RawFileSystem {
  readonly cache: BufferCache;
  readonly geometry: Geometry;
  readonly layout: GroupLayout;
  /** Null without metadata_csum. */
  readonly checksumSeed: number | null;
}

export const rawFileSystem = (cache: BufferCache, checked: CheckedSuperBlock): RawFileSystem => ({
  cache,
  geometry: checked.geometry,
  layout: checked.layout,
  checksumSeed: checked.hasChecksums ? checked.checksumSeed : null,
});

/** A file that the file system keeps for itself: the journal, the orphan file. */
export interface SpecialFile {
  readonly blocks: BlockRuns;
  /** Register for checksums of its contents. */
  readonly seed: number;
}

/**
 * Finds the blocks of a reserved inode without the machinery of a mount, which needs the journal first. The file is
 * regular and has no hole. Throws Corruption; fails with EIO.
 */
export function* readSpecialFile(fs: RawFileSystem, ino: number, what: string): Sleepable<SpecialFile> {
  const { geometry } = fs;
  const structure = `ext4_inode ${ino} (${what})`;
  if (!Number.isInteger(ino) || ino < 1 || ino > geometry.inodes) {
    throw new Corruption(structure, 'number', ino, `1 .. ${geometry.inodes}`);
  }
  const { buffer, raw } = yield* readRawInode(fs, ino);
  const seed = fs.checksumSeed === null ? 0 : inodeSeed(fs.checksumSeed, ino, raw.generation);
  if (fs.checksumSeed !== null && !inodeChecksumMatches(seed, raw, geometry.inodeSize)) {
    throw new BadChecksum(structure, 'checksum', raw.checksumLo, 'the crc32c of the inode');
  }
  if (!isRegular(raw.mode) || raw.linksCount === 0) {
    throw new Corruption(structure, 'mode', raw.mode, 'a regular file with a link');
  }
  const size = join(raw.sizeHigh, raw.sizeLo);
  const count = size / geometry.blockSize;
  if (!Number.isInteger(count) || count < 1 || count > geometry.blocks) {
    throw new Corruption(
      structure,
      'size',
      size,
      `1 .. ${geometry.blocks} blocks of ${geometry.blockSize} bytes`,
    );
  }
  const at = buffer.view.byteOffset + raw.base + I_BLOCK_OFFSET;
  const root = new DataView(buffer.view.buffer, at, I_BLOCK_BYTES);
  if ((raw.flags & EXT4_EXTENTS_FL) === 0) {
    return { blocks: yield* pointedBlocks(fs.cache, geometry, { structure, root, count }), seed };
  }
  const walk = new TreeWalk(fs, structure, seed, count);
  yield* walk.node(root, null);
  return { blocks: walk.finish(), seed };
}

function* readRawInode(fs: RawFileSystem, ino: number): Sleepable<{ buffer: BufferHead; raw: RawInode }> {
  const { geometry, layout, cache } = fs;
  const { blockSize, descriptorSize, inodeSize, inodesPerGroup } = geometry;
  const group = Math.floor((ino - 1) / inodesPerGroup);
  const perBlock = layout.descriptorsPerBlock;
  const descriptors = yield* cache.bread(descriptorBlock(layout, Math.floor(group / perBlock)));
  const descriptor = GroupDescriptorLayout.at(descriptors.view, (group % perBlock) * descriptorSize);
  const table = inodeTable(descriptor, descriptorSize);
  if (table <= geometry.firstDataBlock || table + geometry.inodeTableBlocksPerGroup > geometry.blocks) {
    throw new Corruption(`ext4_group_desc ${group}`, 'inodeTable', table, `a block below ${geometry.blocks}`);
  }
  const offset = ((ino - 1) % inodesPerGroup) * inodeSize;
  const buffer = yield* cache.bread(table + Math.floor(offset / blockSize));
  return { buffer, raw: InodeLayout.at(buffer.view, offset % blockSize) };
}

/** Collects the leaves of one extent tree in order, and checks what it meets. */
class TreeWalk {
  readonly #fs: RawFileSystem;
  readonly #structure: string;
  readonly #seed: number;
  readonly #count: number;
  readonly #blocks = new BlockRuns();

  constructor(fs: RawFileSystem, structure: string, seed: number, count: number) {
    this.#fs = fs;
    this.#structure = structure;
    this.#seed = seed;
    this.#count = count;
  }

  /** `depth` is what the parent says, null for the root. */
  *node(view: DataView, depth: number | null): Sleepable<void> {
    const header = ExtentHeaderLayout.at(view);
    const room = Math.floor((view.byteLength - ExtentHeaderLayout.size) / ExtentLayout.size);
    if (header.magic !== EXT4_EXT_MAGIC) this.#wrong('magic', header.magic, String(EXT4_EXT_MAGIC));
    if (header.max === 0 || header.max > room) this.#wrong('max', header.max, `1 .. ${room}`);
    if (header.entries > header.max) this.#wrong('entries', header.entries, `at most ${header.max}`);
    if (depth === null ? header.depth > EXT4_MAX_EXTENT_DEPTH : header.depth !== depth) {
      this.#wrong('depth', header.depth, String(depth ?? `at most ${EXT4_MAX_EXTENT_DEPTH}`));
    }
    if (depth !== null) this.#verify(view, header.max);
    for (let index = 0; index < header.entries; index++) {
      const offset = ExtentHeaderLayout.size + index * ExtentLayout.size;
      if (header.depth === 0) this.#leaf(view, offset);
      else yield* this.#child(view, offset, header.depth - 1);
    }
  }

  #verify(view: DataView, max: number): void {
    if (this.#fs.checksumSeed === null) return;
    const data = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const stored = ExtentTailLayout.at(view, extentTailOffset(max)).checksum;
    const crc = extentBlockChecksum(this.#seed, data, max);
    if (stored !== crc) this.#wrong('checksum of a tree block', stored, String(crc));
  }

  /** The walk ends because every node adds blocks or fails: no file has more extents than blocks. */
  *#child(view: DataView, offset: number, depth: number): Sleepable<void> {
    const block = indexLeaf(ExtentIndexLayout.at(view, offset));
    this.#checkRange(block, 1);
    const before = this.#blocks.length;
    const buffer = yield* this.#fs.cache.bread(block);
    yield* this.node(buffer.view, depth);
    if (this.#blocks.length === before) this.#wrong('entries of a tree block', 0, 'at least 1');
  }

  #leaf(view: DataView, offset: number): void {
    const extent = ExtentLayout.at(view, offset);
    const start = extentStart(extent);
    if (extent.block !== this.#blocks.length)
      this.#wrong('block', extent.block, `${this.#blocks.length}: no hole`);
    if (extent.len === 0 || extent.len > EXT_INIT_MAX_LEN)
      this.#wrong('len', extent.len, `1 .. ${EXT_INIT_MAX_LEN}`);
    if (this.#blocks.length + extent.len > this.#fs.geometry.blocks)
      this.#wrong('len', extent.len, 'fewer blocks');
    this.#checkRange(start, extent.len);
    this.#blocks.push(start, extent.len);
  }

  #checkRange(start: number, length: number): void {
    const { firstDataBlock, blocks } = this.#fs.geometry;
    if (start > firstDataBlock && start + length <= blocks) return;
    this.#wrong('start', start, `blocks ${firstDataBlock + 1} .. ${blocks - 1}`);
  }

  finish(): BlockRuns {
    if (this.#blocks.length < this.#count) {
      this.#wrong('extents', this.#blocks.length, `${this.#count} blocks, as the size says`);
    }
    return this.#blocks.head(this.#count);
  }

  #wrong(field: string, found: number, expected: string): never {
    throw new Corruption(this.#structure, field, found, expected);
  }
}
