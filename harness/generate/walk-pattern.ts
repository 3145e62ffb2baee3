import type { FallocateMode } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import { dropCaches, onFile, pwrite, settle, times, work, type Pattern, type Work } from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/** Data and holes in turns, of which some are in memory only, and somebody goes from one to the next, as who copies a sparse file does. */
export function walk(scene: Scene): Pattern {
  const { dice } = scene;
  const file = work(scene);
  const island = onFile(file, (now, view) => {
    const start = placeOf(now);
    return pwrite(now, view, start, now.boundaries.length(view, start));
  });
  const hole = onFile(file, (now, { handle }) => {
    const mode = now.dice.pick<FallocateMode>(['punch', 'punch', 'zero', 'allocate', 'keep-size']);
    const length = now.boundaries.blockBytes * now.dice.between(1, 4);
    return { op: 'fallocate', handle, mode, offset: placeOf(now), length };
  });
  const shaped = Array.from({ length: dice.between(2, 5) }, () => dice.pick([island, island, hole]));
  const step = stride(file);
  return [
    ...file.opening,
    hole,
    ...shaped,
    settle(file),
    ...(dice.oneIn(3) ? [dropCaches] : []),
    ...(dice.oneIn(2) ? [island] : []),
    ...times(dice.between(3, 8), step),
  ];
}

/** A block of the first few, or of the window. */
const placeOf = ({ boundaries, dice }: Scene): number =>
  (boundaries.window?.start ?? 0) +
  boundaries.blockBytes * dice.below(16) +
  (dice.oneIn(4) ? dice.below(boundaries.blockBytes) : 0);

/** One look from where the last one came to, or from a little behind it: for data and for a hole in turns. */
export function stride(file: Work): Maker {
  let whence: 'data' | 'hole' = 'hole';
  return onFile(file, ({ dice, boundaries }, { handle, position, size }) => {
    whence = whence === 'data' ? 'hole' : 'data';
    const from = position < size ? position : (boundaries.window?.start ?? 0);
    const offset = from + (dice.oneIn(3) ? dice.below(boundaries.blockBytes) : 0);
    return { op: 'seek', handle, offset, whence };
  });
}
