import type { Handle, HandleView, Operation } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import { isReadWrite, type Scene } from './scene.ts';

/**
 * Several operations that belong together, one after the other; others may come in between. A step that finds its
 * file gone answers null and is left out.
 */
export type Pattern = readonly Maker[];

/** A file to work on: one that is open, or one that the first step opens. */
export interface Work {
  readonly handle: Handle;
  readonly opening: Pattern;
}

export function work(scene: Scene): Work {
  const open = scene.dice.oneIn(4) ? null : scene.open(isReadWrite);
  return open === null ? openNew(scene, scene.names.newPath()) : { handle: open.handle, opening: [] };
}

export function openNew(scene: Scene, path: string): Work {
  const handle = scene.newHandle();
  const operation: Operation = {
    op: 'open',
    as: handle,
    path,
    access: 'read-write',
    flags: { create: true },
    mode: 0o644,
  };
  return { handle, opening: [() => operation] };
}

/** A step on the file, left out when it is no longer open for writing. */
export const onFile =
  ({ handle }: Work, make: (scene: Scene, file: HandleView) => Operation): Maker =>
  (scene) => {
    const file = scene.view(handle);
    return file === null || file.type !== 'file' || file.access === 'read' ? null : make(scene, file);
  };

export const pwrite = (scene: Scene, file: HandleView, offset: number, length: number): Operation => ({
  op: 'pwrite',
  handle: file.handle,
  offset,
  content: { seed: scene.newSeed(), length },
});

export const times = (count: number, step: Maker): Pattern => new Array<Maker>(count).fill(step);

/** One of the ways in which data gets to the disk, or nothing. */
export const settle =
  (file: Work): Maker =>
  (scene) => {
    switch (scene.dice.below(6)) {
      case 0:
        return { op: 'sync' };
      case 1:
        return scene.view(file.handle) === null ? null : { op: 'fsync', handle: file.handle };
      case 2:
        return scene.view(file.handle) === null ? null : { op: 'fdatasync', handle: file.handle };
      case 3:
        return scene.dice.oneIn(3) ? { op: 'remount' } : { op: 'sync' };
      default:
        return null;
    }
  };

/** Somebody else waits for his file: everything is committed, and of other files only what data=ordered wants is written. */
export const commit = (other: Work): Pattern => [
  onFile(other, (scene, view) => pwrite(scene, view, 0, 1 + scene.dice.below(100))),
  onFile(other, (_, { handle }) => ({ op: 'fsync', handle })),
];

export const dropCaches: Maker = (scene) => (scene.dice.oneIn(2) ? { op: 'drop-caches' } : null);

export const readAround = (file: Work): Maker =>
  onFile(file, (scene, { handle, size }) => {
    const length = Math.min(size, scene.dice.pick([4096, 16384, 65536]));
    return {
      op: 'pread',
      handle,
      offset: Math.max(0, size - length - scene.dice.below(64)),
      length: length + 64,
    };
  });
