import type { Maker } from './data-makers.ts';
import { isReadWrite } from './scene.ts';

const WHOLE_BYTES = 2 ** 40;

/** A range of a file, often all of it. */
const inCache =
  (op: 'reclaim' | 'writeback'): Maker =>
  ({ dice, names, boundaries }) => {
    const file = names.file();
    if (file === null) return null;
    const start = dice.oneIn(3) ? 0 : boundaries.offset(file);
    const length = dice.oneIn(3) ? WHOLE_BYTES : boundaries.length(file, start);
    return { op, path: names.detour(file.path), offset: start, length };
  };

export const reclaim = inCache('reclaim');
export const writeback = inCache('writeback');

/** Mostly of what is frozen. */
export const thaw: Maker = ({ dice, model }) => (model.frozen || dice.oneIn(8) ? { op: 'thaw' } : null);

export const mkswap: Maker = (scene) => {
  const file = scene.mistake() ? null : scene.open(isReadWrite);
  return { op: 'mkswap', handle: file?.handle ?? scene.deadHandle() };
};

const onSwap =
  (op: 'swapon' | 'swapoff'): Maker =>
  ({ dice, names }) => {
    const path = dice.oneIn(8) ? names.directory() : (names.file()?.path ?? null);
    return path === null ? null : { op, path };
  };

export const swapon = onSwap('swapon');
export const swapoff = onSwap('swapoff');

export const trim: Maker = (scene) => {
  const { dice, boundaries } = scene;
  const length = scene.mistake() ? dice.below(boundaries.blockBytes) : WHOLE_BYTES;
  const minimum = dice.oneIn(2) ? 0 : boundaries.clusterBytes * dice.between(1, 8);
  return { op: 'trim', start: dice.oneIn(3) ? dice.below(1 << 20) : 0, length, minimum };
};

export const reconfigure: Maker = ({ dice, unperformed }) => {
  const toggles = !unperformed.has('reconfigure path') && !dice.oneIn(4);
  const mount = toggles ? { bufferedIomap: dice.oneIn(2) } : { dioreadNolock: dice.oneIn(2) };
  return { op: 'reconfigure', mount };
};

export const dropCaches: Maker = ({ dice, unperformed }) => {
  if (unperformed.has('drop one cache') || !dice.oneIn(3)) return { op: 'drop-caches' };
  return { op: 'drop-caches', what: dice.oneIn(2) ? 'pages' : 'inodes' };
};
