import type { FallocateMode } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import type { Setup } from '../setup.ts';
import { handleOf, offset, openInstead, shapeOf, target, type Maker } from './data-makers.ts';
import { isReadWrite, isWritable, type Scene } from './scene.ts';
import { WeightedChoice, weightsOf } from './weighted-choice.ts';

const MODES = {
  allocate: 5,
  'keep-size': 5,
  punch: 9,
  zero: 6,
  'zero-keep-size': 3,
  collapse: 5,
  insert: 4,
  'write-zeroes': 1,
};

const USUAL_MODES = new WeightedChoice<FallocateMode>(weightsOf(MODES));
const MODES_WITH_ZEROES = new WeightedChoice<FallocateMode>(weightsOf({ ...MODES, 'write-zeroes': 7 }));

/** What fallocate(2) does; seldom what a device cannot. */
export const fallocateModes = ({ writesZeroes }: Setup): WeightedChoice<FallocateMode> =>
  writesZeroes === true ? MODES_WITH_ZEROES : USUAL_MODES;

/** Of 100 that move contents, so many are of whole clusters: others are refused. */
const WHOLE_PERCENT = 85;

export const fallocate: Maker = (scene) => {
  const chosen = target(scene, isWritable);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const mode = (scene.window?.modes ?? fallocateModes(scene.setup)).pick(scene.dice);
  const start = offset(scene, shape);
  const handle = handleOf(chosen);
  if (mode === 'collapse' || mode === 'insert') {
    return { op: 'fallocate', handle, mode, ...movedRange(scene, start, shape.size, mode) };
  }
  const length = lengthOfDevice(scene, mode) ?? scene.boundaries.length(shape, start);
  return { op: 'fallocate', handle, mode, offset: start, length };
};

const DEVICE_ONE_IN = 24;

/**
 * Now and then about as much as the device has, so that there is not enough, or nothing left for what comes next. What would make the
 * file longer is more than there can be: nobody has time to read that many zeros. Null for a length of another kind.
 */
function lengthOfDevice({ dice, setup }: Scene, mode: FallocateMode): number | null {
  if (mode === 'punch' || mode === 'write-zeroes' || !dice.oneIn(DEVICE_ONE_IN)) return null;
  // The model does not know what a full device must still take where contents may lie in the inode.
  if (hasFeature(setup.format, 'inline_data')) return null;
  const keeps = mode === 'keep-size' || mode === 'zero-keep-size';
  return Math.floor(setup.sizeBytes * dice.pick(keeps ? [0.25, 0.5, 0.9, 1, 2] : [1, 2]));
}

/** A range of whole clusters, mostly, that lies where it may. */
function movedRange(
  { dice, boundaries }: Scene,
  start: number,
  size: number,
  mode: 'collapse' | 'insert',
): { offset: number; length: number } {
  const unit = boundaries.clusterBytes;
  const jitter = dice.percent(WHOLE_PERCENT) ? 0 : dice.pick([1, -1, boundaries.blockBytes, 512]);
  const length = unit * dice.pick([1, 1, 1, 2, 3, 8]) + jitter;
  const room = mode === 'collapse' ? size - length : size;
  // What lies beyond is refused: worth trying, but not each time.
  const place = start >= room && room > 0 && !dice.oneIn(8) ? dice.below(room) : start;
  return { offset: place - (place % unit), length };
}

/** Mostly at the same place in both files, in whole pages, which is how e4defrag asks. */
export const moveExtent: Maker = (scene) => {
  const { dice, boundaries } = scene;
  const file = scene.open(isReadWrite);
  if (file === null) return openInstead(scene);
  const donor = scene.mistake()
    ? (scene.open(() => true)?.handle ?? scene.deadHandle())
    : (scene.open((other) => isWritable(other) && other.openedAs !== file.openedAs)?.handle ?? null);
  if (donor === null) return openInstead(scene);
  const perPage = Math.max(1, 4096 / boundaries.blockBytes);
  const start = Math.floor(boundaries.offset(file) / boundaries.blockBytes);
  const place = dice.oneIn(4) ? start : start - (start % perPage);
  return {
    op: 'move-extent',
    handle: file.handle,
    donor,
    offset: place,
    donorOffset: dice.oneIn(3) ? perPage * dice.below(4) + (place % perPage) : place,
    length: dice.oneIn(8) ? dice.pick([0, 2 ** 32]) : perPage * dice.between(1, 5) - (dice.oneIn(4) ? 1 : 0),
  };
};

export const fiemap: Maker = (scene) => {
  const { dice, names, boundaries } = scene;
  const sync = dice.oneIn(3) ? { sync: true as const } : {};
  if (scene.mistake()) return { op: 'fiemap', path: names.wrong(), offset: 0, length: 1 << 20, ...sync };
  const file = names.file();
  if (file === null) return null;
  const start = dice.oneIn(2) ? 0 : boundaries.offset(file);
  const length = dice.oneIn(2) ? 1 << 30 : boundaries.length(file, start);
  return { op: 'fiemap', path: names.detour(file.path), offset: start, length, ...sync };
};

export const bmap: Maker = (scene) => {
  const { dice, names, boundaries } = scene;
  if (scene.mistake()) {
    return { op: 'bmap', path: dice.oneIn(2) ? names.directory() : names.wrong(), block: dice.pick([0, -1]) };
  }
  const file = names.file();
  if (file === null) return null;
  const block = Math.floor(boundaries.offset(file) / boundaries.blockBytes);
  return { op: 'bmap', path: names.detour(file.path), block: Math.min(block, 2 ** 31 - 1) };
};
