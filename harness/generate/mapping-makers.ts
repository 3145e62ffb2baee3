import { PAGE_BYTES, type MappingView, type Operation } from '../../model/index.ts';
import { handleOf, offset, openInstead, shapeOf, target, type Maker } from './data-makers.ts';
import { isReadable, type Scene } from './scene.ts';

/** Mappings that are there at once. */
const MAPPINGS_MAX = 4;

const wholePages = (bytes: number): number => bytes - (bytes % PAGE_BYTES);

/** Some pages, mostly around the end of file and from the start on. */
export const mmap: Maker = (scene) => {
  const { dice } = scene;
  if (scene.model.mappings.size >= MAPPINGS_MAX) return munmap(scene);
  const wanted = isReadable;
  const chosen = target(scene, wanted);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const near = dice.oneIn(2)
    ? wholePages(scene.window?.start ?? 0)
    : wholePages(Math.max(0, offset(scene, shape)));
  const start = scene.mistake() && dice.oneIn(4) ? near + 512 : near;
  const pages = dice.pick([1, 1, 2, 4, 16, 64, 600]);
  const length =
    scene.mistake() && dice.oneIn(4) ? 0 : pages * PAGE_BYTES - (dice.oneIn(3) ? dice.below(PAGE_BYTES) : 0);
  const writes = typeof chosen === 'string' || chosen.access === 'read-write';
  const sharing = dice.oneIn(4) ? 'private' : 'shared';
  const access =
    writes || sharing === 'private' || scene.mistake() ? (dice.oneIn(6) ? 'read' : 'read-write') : 'read';
  return {
    op: 'mmap',
    as: scene.newMapping(),
    handle: handleOf(chosen),
    offset: start,
    length,
    sharing,
    access,
  };
};

export const munmap: Maker = (scene) => {
  const view = scene.mapping();
  return view === null ? null : { op: 'munmap', mapping: view.mapping };
};

/** A place in a mapping: near what matters in the file, or near its own ends. */
function place(scene: Scene, view: MappingView): number {
  const { dice, boundaries } = scene;
  const reach = Math.ceil(view.length / PAGE_BYTES) * PAGE_BYTES;
  const near = dice.oneIn(6)
    ? dice.pick([0, reach - 1, view.length - 1])
    : boundaries.offset(view) - view.offset;
  const chosen = near >= 0 && near < reach ? near : dice.below(reach);
  // Behind the page that the file ends in there is nothing but SIGBUS.
  const end = Math.ceil(view.size / PAGE_BYTES) * PAGE_BYTES - view.offset;
  return chosen < end || end <= 0 || dice.oneIn(4) ? chosen : dice.below(end);
}

/** How many bytes from there on, not beyond the last page. */
function extent(scene: Scene, view: MappingView, start: number): number {
  const reach = Math.ceil(view.length / PAGE_BYTES) * PAGE_BYTES;
  return Math.min(scene.boundaries.length(view, view.offset + start), reach - start);
}

export const load: Maker = (scene) => {
  const view = scene.mapping();
  if (view === null) return mmap(scene);
  const start = place(scene, view);
  return { op: 'load', mapping: view.mapping, offset: start, length: extent(scene, view, start) };
};

export const store: Maker = (scene) => {
  const view = scene.mapping();
  if (view === null) return mmap(scene);
  const start = place(scene, view);
  return storeAt(scene, view, start, extent(scene, view, start));
};

export const storeAt = (scene: Scene, view: MappingView, start: number, length: number): Operation => ({
  op: 'store',
  mapping: view.mapping,
  offset: start,
  content: { seed: scene.newSeed(), length },
});

export const msync: Maker = (scene) => {
  const view = scene.mapping();
  if (view === null) return mmap(scene);
  const { dice } = scene;
  const near = place(scene, view);
  const start = scene.mistake() ? near : wholePages(near);
  const length = extent(scene, view, start);
  return {
    op: 'msync',
    mapping: view.mapping,
    offset: start,
    length,
    mode: dice.oneIn(3) ? 'async' : 'sync',
  };
};
