import type { GenerationLimits } from '../generate-sequence.ts';
import type { Maker } from './data-makers.ts';
import { childPath } from './names.ts';
import { onFile, openNew, pwrite, type Pattern } from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/**
 * What a sequence begins with so that a tree on the disk is deep, which sixty operations would hardly make it: a file in many pieces, or
 * a directory of many names. What comes after that finds blocks of the tree full, and splits, fills and empties them.
 */
export type DeepTree = 'pieces' | 'names';

const KINDS: readonly DeepTree[] = ['pieces', 'names', 'pieces'];

/** A look at hundreds of names takes as long as hundreds of operations: while they come, there are few. */
export const INSPECT_EVERY_OF_MANY_NAMES: readonly number[] = [64, 160, 256];

/** One sequence in so many: each has hundreds of operations more. A prime, so that every stage and every kind of device has its turn. */
const DEEP_EVERY = 31;

/** Whoever wants short sequences gets none. */
const OPERATIONS_MIN = 60;

/** Small blocks are full soonest. Whoever wants others gets those; files that are mapped directly need larger ones, and get none. */
export function withDeepTrees(sequence: number, limits: GenerationLimits): GenerationLimits {
  const isTurn = sequence % DEEP_EVERY === DEEP_EVERY - 1;
  if (!isTurn || limits.maxOperations < OPERATIONS_MIN || limits.dax === 'required') return limits;
  const deep = KINDS[Math.floor(sequence / DEEP_EVERY) % KINDS.length];
  const blockSize = limits.blockSize ?? 1024;
  if (deep !== 'pieces') return { ...limits, deep, blockSize };
  // Nothing lies behind the end of the file; see below.
  const unperformed = [...(limits.unperformed ?? []), 'fallocate keep-size' as const];
  return { ...limits, deep, blockSize, unperformed };
}

export const deepTree = (scene: Scene, kind: DeepTree): Pattern =>
  kind === 'pieces' ? pieces(scene) : names(scene);

/** What a block of a tree of extents has besides them, and what one takes, in bytes (struct ext4_extent_header, _tail and _extent). */
const NODE_BYTES = 12 + 4;
const EXTENT_BYTES = 12;

/** Three blocks full of those that fit in 1 KiB, and some: the inode has room for four, which halves fill. More take too long. */
const PIECES_MAX = 3 * 84 + 3;

const UP = 1;
const DOWN = -1;

/**
 * Every other block of a file, so that a block of its tree is nearly full, or just split: from one end, or from the middle on. Nothing lies
 * behind the end of the file: e2fsck 1.47.0 takes a tree of two levels of indexes for damaged where it goes on there, also one of Linux
 * 6.18.44, because ext2fs_extent_open2() has the root's last index end with the file.
 */
function pieces(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = openNew(scene, scene.names.freshPath());
  const block = boundaries.blockBytes;
  const leaf = Math.floor((block - NODE_BYTES) / EXTENT_BYTES);
  const count = Math.min(PIECES_MAX, leaf * dice.pick([1, 1, 2, 3]) + dice.between(-2, 3));
  const unwritten = dice.oneIn(3);
  const step = (index: number): Maker =>
    onFile(file, (now, view) => {
      const offset = 2 * index * block;
      if (!unwritten) return pwrite(now, view, offset, block);
      return { op: 'fallocate', handle: view.handle, mode: 'allocate', offset, length: block };
    });
  const order = ordered(count, dice.pick([UP, UP, DOWN]), dice.oneIn(4) ? dice.below(count) : 0);
  return [...file.opening, ...order.map(step), onFile(file, (_, { handle }) => ({ op: 'fsync', handle }))];
}

/** 0 .. count - 1 up or down, beginning with one of them and going round. */
const ordered = (count: number, direction: number, first: number): number[] =>
  Array.from({ length: count }, (_, turn) => (first + direction * turn + count) % count);

/** Links to one file, so that there is one inode: as many as fill a directory's blocks, and then its index. */
function names(scene: Scene): Pattern {
  const { dice } = scene;
  const directory = scene.names.freshPath();
  const width = dice.pick([8, 60, 200]);
  const count = dice.pick([60, 130, 260, 520]);
  const name = (index: number): string => childPath(directory, `${'d'.repeat(width)}${index}`);
  const first = openNew(scene, name(0));
  const links = Array.from({ length: count }, (_, index): Maker => () => ({
    op: 'link',
    from: name(0),
    to: name(index + 1),
  }));
  return [() => ({ op: 'mkdir', path: directory, mode: 0o755 }), ...first.opening, ...links];
}
