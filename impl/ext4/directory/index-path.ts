import type { BufferHead } from '../../buffer/buffer-head.ts';
import { Corruption } from '../../lib/corruption.ts';
import { present } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import {
  DX_FLAG_UNKNOWN,
  DX_HASH_TEA,
  DX_ROOT_INFO_OFFSET,
  DxRootInfoLayout,
  EXT4_HTREE_LEVEL,
  EXT4_HTREE_LEVEL_COMPAT,
} from '../layout/directory-index.ts';
import { INCOMPAT } from '../super/features.ts';
import { badIndex } from './bad-index.ts';
import { isIndexBlock } from './index-block.ts';
import { IndexFrame } from './index-frame.ts';
import { directoryBlocks, readDirectoryBlock } from './io.ts';

/** Levels that an index of this file system may have (ext4_dir_htree_level). */
export const indexLevelsMax = ({ sb }: Inode): number =>
  (sb.features.incompat & INCOMPAT.large_dir) !== 0 ? EXT4_HTREE_LEVEL : EXT4_HTREE_LEVEL_COMPAT;

/** The first block of an index, checked. */
export interface IndexRoot {
  readonly frame: IndexFrame;
  /** How names are hashed: dx_root_info.hash_version. */
  readonly version: number;
  /** Levels, this one included. */
  readonly levels: number;
}

/** Reads the root (the first half of dx_probe). Throws BadIndex. */
export function* readIndexRoot(dir: Inode): Sleepable<IndexRoot> {
  const buffer = yield* readIndexBlock(dir, 0);
  const info = DxRootInfoLayout.at(buffer.view, DX_ROOT_INFO_OFFSET);
  const wrong = (field: string, found: number, expected: string): never =>
    badIndex(dir, 0, 'dx_root_info', field, found, expected);
  if (info.hashVersion > DX_HASH_TEA) wrong('hash_version', info.hashVersion, `at most ${DX_HASH_TEA}`);
  if (info.infoLength !== DxRootInfoLayout.size)
    wrong('info_length', info.infoLength, `${DxRootInfoLayout.size}`);
  if ((info.unusedFlags & DX_FLAG_UNKNOWN) !== 0) wrong('unused_flags', info.unusedFlags, '0');
  const levels = info.indirectLevels + 1;
  const levelsMax = indexLevelsMax(dir);
  if (levels > levelsMax) wrong('indirect_levels', info.indirectLevels, `less than ${levelsMax}`);
  return { frame: IndexFrame.checked(dir, buffer, 0), version: info.hashVersion, levels };
}

function* readIndexBlock(dir: Inode, logical: number): Sleepable<BufferHead> {
  checkInside(dir, logical);
  const buffer = yield* readDirectoryBlock(dir, logical);
  if (isIndexBlock(dir, logical, buffer.data)) return buffer;
  throw new Corruption(`directory ${dir.ino}`, `block ${logical}`, 'leaf', 'a block of the index');
}

/** A leaf to which an index leads. Without checksums nothing tells an inner node from a leaf without names. */
export function* readLeaf(dir: Inode, logical: number): Sleepable<BufferHead> {
  checkInside(dir, logical);
  if (logical === 0) badIndex(dir, 0, 'dx_entry', 'block', 0, 'a leaf, which the root is not');
  const buffer = yield* readDirectoryBlock(dir, logical);
  if (!dir.sb.hasChecksums || !isIndexBlock(dir, logical, buffer.data)) return buffer;
  throw new Corruption(`directory ${dir.ino}`, `block ${logical}`, 'block of the index', 'a leaf');
}

function checkInside(dir: Inode, logical: number): void {
  const blocks = directoryBlocks(dir);
  if (logical < blocks) return;
  throw new Corruption(`dx_entry of directory ${dir.ino}`, 'block', logical, `less than ${blocks}`);
}

/** The way from the root to one leaf. */
export class IndexPath {
  /** From the root down; at least one. */
  readonly frames: readonly IndexFrame[];
  readonly #dir: Inode;
  /** Leaves that may still be visited: each block once. */
  #steps: number;

  constructor(dir: Inode, frames: readonly IndexFrame[]) {
    this.#dir = dir;
    this.frames = frames;
    this.#steps = directoryBlocks(dir);
  }

  /** The lowest frame, whose entry of interest leads to the leaf. */
  get lowest(): IndexFrame {
    return present(this.frames.at(-1), 'frame');
  }

  /** The leaf's block of the directory. */
  get leaf(): number {
    const { lowest } = this;
    return lowest.block(lowest.at);
  }

  /**
   * Goes on to the next leaf (ext4_htree_next_block); answers its first hash, odd when names of the hash before it go on
   * there, or null after the last. With `wanted` only if names with that hash go on there. Throws BadIndex where a damaged
   * index leads to more leaves than there are blocks.
   */
  *next(wanted: number | null): Sleepable<number | null> {
    const { frames } = this;
    let level = frames.length - 1;
    let frame = this.lowest;
    while (frame.at + 1 >= frame.count) {
      if (level === 0) return null;
      frame = present(frames[--level], 'frame');
    }
    const hash = frame.hash(frame.at + 1);
    if (wanted !== null && (hash & ~1) >>> 0 !== wanted) return null;
    if (this.#steps-- === 0) {
      badIndex(this.#dir, 0, 'dx_root', 'leaves', directoryBlocks(this.#dir), 'fewer, each once');
    }
    frame.at++;
    yield* this.#descend(level, 0);
    return hash;
  }

  /** Reads the nodes below `level` again, in which names with hash `major` stand. */
  *#descend(level: number, major: number): Sleepable<void> {
    const frames = this.frames as IndexFrame[];
    for (let index = level; index + 1 < frames.length; index++) {
      const above = present(frames[index], 'frame');
      frames[index + 1] = yield* readNode(this.#dir, above, frames.slice(0, index + 1), major);
    }
  }
}

/** The node behind the entry of interest of `above`; `path` are the frames from the root to `above`. */
function* readNode(
  dir: Inode,
  above: IndexFrame,
  path: readonly IndexFrame[],
  major: number,
): Sleepable<IndexFrame> {
  const logical = above.block(above.at);
  checkNoCycle(dir, path, logical);
  const frame = IndexFrame.checked(dir, yield* readIndexBlock(dir, logical), logical);
  frame.seek(major);
  return frame;
}

/** An entry may not lead back to where the way came from. */
function checkNoCycle(dir: Inode, path: readonly IndexFrame[], block: number): void {
  for (const { logical } of path) {
    if (logical === block) badIndex(dir, logical, 'dx_entry', 'block', block, 'none above it in the index');
  }
}

/** The way to the first leaf that may have names with hash `major` (the second half of dx_probe). Throws BadIndex. */
export function* probe(dir: Inode, { frame, levels }: IndexRoot, major: number): Sleepable<IndexPath> {
  const frames = [frame];
  let last = frame;
  last.seek(major);
  while (frames.length < levels) {
    last = yield* readNode(dir, last, frames, major);
    frames.push(last);
  }
  checkNoCycle(dir, frames, last.block(last.at));
  return new IndexPath(dir, frames);
}
