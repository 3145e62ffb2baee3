import type { FallocateMode, HandleView, Operation } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import {
  dropCaches,
  onFile,
  openNew,
  pwrite,
  readAround,
  settle,
  times,
  work,
  type Pattern,
  type Work,
} from './pattern-steps.ts';
import type { Scene } from './scene.ts';

export const fallocate = (
  handle: HandleView,
  mode: FallocateMode,
  offset: number,
  length: number,
): Operation => ({
  op: 'fallocate',
  handle: handle.handle,
  mode,
  offset,
  length: Math.max(1, length),
});

/** Some blocks at the end, so that there is something to take away from. */
export const ensure = (file: Work): Maker =>
  onFile(file, (now, view) =>
    pwrite(
      now,
      view,
      view.size,
      now.boundaries.blockBytes * now.dice.between(2, 8) + now.dice.below(now.boundaries.blockBytes),
    ),
  );

/** Pieces are taken out of what was written: within a block, across blocks, whole blocks, and across the end. */
export function holes(scene: Scene): Pattern {
  const { dice } = scene;
  const file = work(scene);
  const take = onFile(file, (now, view) => {
    const { boundaries, dice: roll } = now;
    const start = roll.oneIn(2) ? roll.below(view.size + 1) : boundaries.offset(view);
    const mode = roll.pick<FallocateMode>(['punch', 'punch', 'zero', 'zero-keep-size', 'write-zeroes']);
    return fallocate(view, mode, start, boundaries.length(view, start));
  });
  const grow = onFile(file, (now, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: size + now.dice.below(2 * now.boundaries.blockBytes),
  }));
  return [
    ...file.opening,
    ensure(file),
    settle(file),
    ...times(dice.between(1, 3), take),
    readAround(file),
    settle(file),
    dropCaches,
    readAround(file),
    ...(dice.oneIn(2) ? [grow, readAround(file)] : []),
  ];
}

/** Blocks behind the end, which is then moved over them. */
export function reserve(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const keep = onFile(file, (now, view) =>
    fallocate(
      view,
      now.dice.oneIn(3) ? 'allocate' : 'keep-size',
      Math.max(0, view.size - now.dice.below(block)),
      block * now.dice.between(1, 6) + now.dice.below(block),
    ),
  );
  const past = onFile(file, (now, view) =>
    pwrite(now, view, view.size + now.dice.below(3 * block), now.dice.between(1, 2 * block)),
  );
  const resize = onFile(file, (now, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: now.dice.oneIn(2) ? size : Math.max(0, size + now.dice.between(-2 * block, 2 * block)),
  }));
  return [
    ...file.opening,
    ...(dice.oneIn(2) ? [ensure(file)] : []),
    keep,
    settle(file),
    ...times(dice.between(1, 3), past),
    settle(file),
    resize,
    readAround(file),
    dropCaches,
    readAround(file),
  ];
}

/** Contents move while some of them have no place on the device yet. */
export function moveContents(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const unit = boundaries.clusterBytes;
  const write = onFile(file, (now, view) =>
    pwrite(now, view, now.boundaries.offset(view) % (8 * unit), unit + now.dice.below(2 * unit)),
  );
  const move = onFile(file, (now, view) => {
    const clusters = Math.floor(view.size / unit);
    const mode = now.dice.oneIn(2) ? 'collapse' : 'insert';
    return fallocate(view, mode, unit * now.dice.below(Math.max(1, clusters)), unit * now.dice.between(1, 2));
  });
  const step = [write, ...(dice.oneIn(2) ? [settle(file)] : []), move, readAround(file)];
  return [...file.opening, ensure(file), ...step, ...step, settle(file), dropCaches, readAround(file)];
}

/**
 * A file in many pieces on a device on which another one leaves no block or a few: what needs a block for the map of the file beside those
 * for its bytes finds one too few. Whoever fills the device takes blocks without writing any, so that the largest is filled as soon as the smallest.
 */
export function brim(scene: Scene): Pattern {
  const { dice, boundaries, setup } = scene;
  const file = work(scene);
  const filler = openNew(scene, scene.names.newPath());
  const unit = boundaries.clusterBytes;
  const piece = onFile(file, (now, view) => {
    const start = 2 * unit * now.dice.below(PIECES);
    if (!now.dice.oneIn(3)) return pwrite(now, view, start, unit);
    return fallocate(
      view,
      now.dice.oneIn(2) ? 'allocate' : 'keep-size',
      start,
      unit * now.dice.between(1, 3),
    );
  });
  const take = onFile(file, (now, view) =>
    fallocate(
      view,
      now.dice.pick<FallocateMode>(['punch', 'punch', 'zero']),
      unit * now.dice.below(2 * PIECES),
      unit,
    ),
  );
  const occupy = onFile(filler, (_, view) => fallocate(view, 'keep-size', 0, setup.sizeBytes));
  const spare = onFile(filler, (now, view) =>
    fallocate(view, 'punch', 2 * unit * now.dice.below(32), unit * now.dice.pick([1, 1, 2])),
  );
  const after = Array.from({ length: dice.between(3, 6) }, () =>
    dice.pick([[spare, piece], [spare, piece], [piece], [take], [settle(file)]]),
  ).flat();
  const room = onFile(filler, (_, { handle }) => ({ op: 'ftruncate', handle, size: 0 }));
  return [
    ...file.opening,
    ...times(dice.between(2, 6), piece),
    settle(file),
    ...filler.opening,
    occupy,
    ...times(dice.below(3), spare),
    ...after,
    // What comes later should find room.
    ...(dice.oneIn(4) ? [] : [room, settle(file)]),
    dropCaches,
    readAround(file),
  ];
}

/** So many pieces of a file are more than its inode has place for, and few enough to meet each other. */
const PIECES = 12;
