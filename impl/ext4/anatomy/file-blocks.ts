import { extentBlockChecksum } from '../integrity/checksum.ts';
import {
  EXT4_EXT_MAGIC,
  EXT4_MAX_EXTENT_DEPTH,
  EXT_INIT_MAX_LEN,
  ExtentHeaderLayout,
  ExtentIndexLayout,
  ExtentLayout,
  extentStart,
  ExtentTailLayout,
  extentTailOffset,
  indexLeaf,
} from '../layout/extent.ts';
import { I_BLOCK_OFFSET } from '../layout/inode.ts';
import { EXT4_EXTENTS_FL, I_BLOCK_BYTES } from '../inode/inode.ts';
import type { DissectedInode } from './inodes.ts';
import { tablePart, wordsPart, type Seal } from './part.ts';
import { amend, bytesOf, viewAt, type Specimen } from './specimen.ts';

/** Of one file: more would be more of the same. */
const BLOCKS_MAX = 16_384;
const TREE_BLOCKS_MAX = 256;

const I_BLOCK_WORDS = I_BLOCK_BYTES / 4;
const DIRECT_BLOCKS = 12;

/** Device blocks of a file in order of the file, holes left out; what maps them becomes parts. */
export function dissectMapping(specimen: Specimen, inode: DissectedInode): number[] {
  const walk = new MappingWalk(specimen, inode);
  if ((inode.raw.flags & EXT4_EXTENTS_FL) === 0) walk.indirect();
  else walk.extents();
  return walk.blocks;
}

class MappingWalk {
  readonly blocks: number[] = [];
  readonly #specimen: Specimen;
  readonly #inode: DissectedInode;
  #treeBlocks = 0;

  constructor(specimen: Specimen, inode: DissectedInode) {
    this.#specimen = specimen;
    this.#inode = inode;
  }

  extents(): void {
    const { offset, seal } = this.#inode;
    const root = viewAt(this.#specimen.disk, offset + I_BLOCK_OFFSET, I_BLOCK_BYTES);
    this.#node(root, offset + I_BLOCK_OFFSET, seal, EXT4_MAX_EXTENT_DEPTH);
  }

  #node(view: DataView, offset: number, seal: Seal | null, depthMax: number): void {
    const header = ExtentHeaderLayout.at(view);
    if (header.magic !== EXT4_EXT_MAGIC || header.depth > depthMax) return;
    const where = `of inode ${this.#inode.ino}, byte ${offset}`;
    this.#specimen.add(tablePart(ExtentHeaderLayout, { place: where, offset, seal }));
    const room = Math.floor((view.byteLength - ExtentHeaderLayout.size) / ExtentLayout.size);
    const entries = Math.min(header.entries, room);
    for (let slot = 0; slot < entries; slot++) {
      const at = ExtentHeaderLayout.size + slot * ExtentLayout.size;
      const placed = { place: `${slot} ${where}`, offset: offset + at, seal };
      this.#specimen.add(tablePart(header.depth === 0 ? ExtentLayout : ExtentIndexLayout, placed));
      if (header.depth === 0) this.#extent(view, at);
      else this.#child(indexLeaf(ExtentIndexLayout.at(view, at)), header.depth - 1);
    }
    if (offset % this.#specimen.blockSize === 0 && seal !== null) this.#tail(view, offset, header.max, where);
  }

  #extent(view: DataView, at: number): void {
    const raw = ExtentLayout.at(view, at);
    const length = raw.len > EXT_INIT_MAX_LEN ? raw.len - EXT_INIT_MAX_LEN : raw.len;
    const start = extentStart(raw);
    for (let index = 0; index < length && this.blocks.length < BLOCKS_MAX; index++)
      this.blocks.push(start + index);
  }

  #child(block: number, depthMax: number): void {
    const view = this.#specimen.block(block);
    if (view === null || ++this.#treeBlocks > TREE_BLOCKS_MAX) return;
    const offset = block * this.#specimen.blockSize;
    this.#node(view, offset, this.#treeSeal(offset), depthMax);
  }

  #treeSeal(offset: number): Seal | null {
    const { seed } = this.#inode;
    const { blockSize } = this.#specimen;
    if (seed === null) return null;
    return (disk) =>
      amend(disk, offset, blockSize, (view) => {
        const { max } = ExtentHeaderLayout.at(view);
        const tail = extentTailOffset(max);
        // A block whose eh_max is out of bounds has no place for a checksum.
        if (tail + ExtentTailLayout.size > blockSize) return;
        ExtentTailLayout.at(view, tail).checksum = extentBlockChecksum(seed, bytesOf(view), max);
      });
  }

  #tail(view: DataView, offset: number, max: number, place: string): void {
    const at = extentTailOffset(max);
    if (at + ExtentTailLayout.size > view.byteLength) return;
    this.#specimen.add(tablePart(ExtentTailLayout, { place, offset: offset + at, seal: null }));
  }

  indirect(): void {
    const { offset, seal, ino } = this.#inode;
    const at = offset + I_BLOCK_OFFSET;
    const words = viewAt(this.#specimen.disk, at, I_BLOCK_BYTES);
    this.#specimen.add(wordsPart('i_block', { place: String(ino), offset: at, seal }, I_BLOCK_WORDS));
    for (let slot = 0; slot < I_BLOCK_WORDS; slot++) {
      this.#pointer(words.getUint32(4 * slot, true), Math.max(0, slot - DIRECT_BLOCKS + 1));
    }
  }

  #pointer(block: number, levels: number): void {
    if (block === 0 || this.blocks.length >= BLOCKS_MAX) return;
    if (levels === 0) {
      this.blocks.push(block);
      return;
    }
    const view = this.#specimen.block(block);
    if (view === null || ++this.#treeBlocks > TREE_BLOCKS_MAX) return;
    const { blockSize } = this.#specimen;
    const place = `${block} of inode ${this.#inode.ino}`;
    const words = blockSize / 4;
    this.#specimen.add(wordsPart('indirect block', { place, offset: block * blockSize, seal: null }, words));
    for (let slot = 0; slot < words; slot++) this.#pointer(view.getUint32(4 * slot, true), levels - 1);
  }
}
