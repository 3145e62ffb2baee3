import type { Handle, HandleView, Operation } from '../../model/index.ts';
import { NO_SHAPE } from './boundaries.ts';
import { handleOf, offset, openInstead, shapeOf, target, type Maker } from './data-makers.ts';
import { isAnything, isReadable, isWritable, type Scene } from './scene.ts';

type Chosen = HandleView | Handle;

/** What a copy needs: somewhere to read and somewhere to write, often the same file. */
function ends(scene: Scene): { from: Chosen; to: Chosen } | null {
  const from = target(scene, (file) => isReadable(file) && !file.direct);
  const to = target(scene, (file) => isWritable(file) && !file.direct && !file.append);
  return from === null || to === null ? null : { from, to };
}

/** A place that is given, or the descriptor's position. */
const place = (scene: Scene, chosen: Chosen): number | null =>
  scene.dice.oneIn(4) ? null : Math.max(0, offset(scene, shapeOf(chosen)));

/** Up to the end, or whatever else is drawn, from where reading starts. */
function lengthFrom(scene: Scene, from: Chosen, fromOffset: number | null): number {
  const position = fromOffset ?? (typeof from === 'string' ? 0 : from.position);
  return scene.boundaries.length(typeof from === 'string' ? NO_SHAPE : from, position);
}

export const copyFileRange: Maker = (scene) => {
  const chosen = ends(scene);
  if (chosen === null) return openInstead(scene);
  const { from, to } = chosen;
  const fromOffset = place(scene, from);
  return {
    op: 'copy-file-range',
    from: handleOf(from),
    fromOffset,
    to: handleOf(to),
    toOffset: place(scene, to),
    length: lengthFrom(scene, from, fromOffset),
  };
};

export const sendfile: Maker = (scene) => {
  const chosen = ends(scene);
  if (chosen === null) return openInstead(scene);
  const { from, to } = chosen;
  const fromOffset = place(scene, from);
  const length = lengthFrom(scene, from, fromOffset);
  return { op: 'sendfile', from: handleOf(from), fromOffset, to: handleOf(to), length };
};

/** A range of an open file, for calls that change nothing. */
const range = (scene: Scene): { handle: Handle; offset: number; length: number } | null => {
  const chosen = target(scene, isReadable);
  if (chosen === null) return null;
  const start = offset(scene, shapeOf(chosen));
  return { handle: handleOf(chosen), offset: start, length: scene.boundaries.length(shapeOf(chosen), start) };
};

export const readahead: Maker = (scene) => {
  const where = range(scene);
  return where === null ? null : { op: 'readahead', ...where, offset: Math.max(0, where.offset) };
};

export const fadvise: Maker = (scene) => {
  const where = range(scene);
  if (where === null) return null;
  const { dice } = scene;
  const whole = dice.oneIn(3) ? { offset: 0, length: 0 } : {};
  const advice = dice.pick([
    'dontneed',
    'dontneed',
    'dontneed',
    'willneed',
    'willneed',
    'sequential',
    'random',
    'normal',
    'noreuse',
  ] as const);
  const length = scene.mistake() ? -1 : where.length;
  return { op: 'fadvise', ...where, length, ...whole, advice };
};

export const syncFileRange: Maker = (scene) => {
  const where = range(scene);
  if (where === null) return null;
  const { dice } = scene;
  const whole = dice.oneIn(3) ? { offset: 0, length: 0 } : {};
  const wait = dice.pick(['none', 'before', 'after', 'both'] as const);
  return { op: 'sync-file-range', ...where, ...whole, wait, write: !dice.oneIn(6) };
};

export const syncfs: Maker = (scene): Operation | null => {
  const chosen = target(scene, isAnything);
  return chosen === null ? null : { op: 'syncfs', handle: handleOf(chosen) };
};
