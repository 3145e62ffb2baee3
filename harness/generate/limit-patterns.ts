import type { FallocateMode } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import {
  dropCaches,
  onFile,
  pwrite,
  readAround,
  settle,
  times,
  work,
  type Pattern,
} from './pattern-steps.ts';
import type { Scene } from './scene.ts';
import { ensure, fallocate } from './space-patterns.ts';

/** An offset at which a number of 31 or 32 bits, or the file itself, ends. */
function limitOf({ dice, boundaries: { blockBytes, maxFileBytes } }: Scene): number {
  return dice.pick([2 ** 31, 2 ** 32, 2 ** 31 * blockBytes, maxFileBytes, maxFileBytes]);
}

/** What reads and writes do around such an offset. */
export function limit(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const place = limitOf(scene);
  const near = (now: Scene): number => place + now.dice.pick([0, 0, -1, 1, -block, block, -100, -block - 1]);
  const seek = onFile(file, (now, { handle }) => ({ op: 'seek', handle, offset: near(now), whence: 'set' }));
  const write = onFile(file, (now, { handle }) => ({
    op: 'write',
    handle,
    content: { seed: now.newSeed(), length: now.dice.below(2 * block) },
  }));
  const steps: [Maker, ...Maker[]] = [
    seek,
    write,
    onFile(file, (now, { handle }) => ({ op: 'read', handle, length: now.dice.below(3 * block) })),
    onFile(file, (now, view) => pwrite(now, view, near(now), now.dice.below(2 * block))),
    onFile(file, (now, { handle }) => ({
      op: 'pread',
      handle,
      offset: near(now),
      length: now.dice.below(3 * block),
    })),
    onFile(file, (now, { handle }) => ({ op: 'ftruncate', handle, size: near(now) })),
  ];
  const drawn = Array.from({ length: dice.between(2, 5) }, () => dice.pick(steps));
  return [...file.opening, seek, write, ...drawn, settle(file), dropCaches, ...drawn.slice(0, 2)];
}

/**
 * Blocks near such an offset, while calls are about the beginning of the file: what moves contents, or cuts the file, comes to those as
 * well, and to the numbers that end there. The file need not reach as far as its blocks do.
 */
export function farBlocks(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const unit = boundaries.clusterBytes;
  const place = limitOf(scene);
  const put = onFile(file, (now, view) => {
    const mode = now.dice.pick<FallocateMode>(['keep-size', 'keep-size', 'zero-keep-size', 'allocate']);
    const length = unit * now.dice.between(1, 3);
    // Some lie before the limit, some behind it, and most of them against it.
    return fallocate(
      view,
      mode,
      Math.max(0, place - length + unit * now.dice.pick([0, 0, 0, -1, -2, 1])),
      length,
    );
  });
  const change = onFile(file, (now, view) => {
    if (now.dice.oneIn(2))
      return pwrite(now, view, now.dice.below(NEAR_CLUSTERS * unit), now.dice.between(1, unit));
    const mode = now.dice.pick<FallocateMode>(['insert', 'insert', 'collapse', 'punch', 'zero']);
    const clusters = Math.min(Math.floor(view.size / unit), NEAR_CLUSTERS);
    const start = unit * now.dice.below(Math.max(1, clusters));
    return fallocate(view, mode, start, unit * now.dice.pick([1, 1, 2, 3, 8]));
  });
  const cut = onFile(file, (now, { handle }) => ({
    op: 'ftruncate',
    handle,
    size: now.dice.pick([0, unit * now.dice.below(NEAR_CLUSTERS), place - unit, place]),
  }));
  return [
    ...file.opening,
    ensure(file),
    ...times(dice.between(1, 2), put),
    settle(file),
    ...times(dice.between(2, 5), change),
    readAround(file),
    ...(dice.oneIn(2) ? [cut] : []),
    settle(file),
    dropCaches,
    readAround(file),
  ];
}

/** The beginning of a file, in clusters. */
const NEAR_CLUSTERS = 8;
