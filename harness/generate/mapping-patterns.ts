import { PAGE_BYTES, type MappingView, type Operation } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import { storeAt } from './mapping-makers.ts';
import {
  dropCaches,
  onFile,
  pwrite,
  readAround,
  settle,
  work,
  type Pattern,
  type Work,
} from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/** A mapping of the first pages of a file, and steps on it. */
export interface Mapped {
  readonly open: Maker;
  readonly step: (make: (scene: Scene, view: MappingView) => Operation) => Maker;
}

export function mapped(scene: Scene, file: Work, pages: number): Mapped {
  const as = scene.newMapping();
  const sharing = scene.dice.oneIn(5) ? 'private' : 'shared';
  return {
    open: onFile(file, (_, { handle }) => ({
      op: 'mmap',
      as,
      handle,
      offset: 0,
      length: pages * PAGE_BYTES,
      sharing,
      access: 'read-write',
    })),
    step: (make) => (now) => {
      const view = now.model.mappings.get(as);
      return view === undefined ? null : make(now, view);
    },
  };
}

/** Keeps what is touched within the mapping. */
const within = (view: MappingView, place: number): number =>
  Math.max(0, Math.min(place, Math.ceil(view.length / PAGE_BYTES) * PAGE_BYTES - 1));

const load = (view: MappingView, start: number, length: number): Operation => {
  const offset = within(view, start);
  const reach = Math.ceil(view.length / PAGE_BYTES) * PAGE_BYTES;
  return { op: 'load', mapping: view.mapping, offset, length: Math.max(0, Math.min(length, reach - offset)) };
};

/** Something is stored behind the end of file, and then the end moves over it: it must never be read. */
export function strayStore(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const { open, step } = mapped(scene, file, 16);
  const shape = onFile(file, (now, { handle }) => ({
    op: 'ftruncate',
    handle,
    size: now.dice.below(10 * PAGE_BYTES) + 1,
  }));
  const fill = onFile(file, (now, view) => pwrite(now, view, 0, 1 + now.dice.below(3 * PAGE_BYTES)));
  const stray = step((now, view) => {
    const start = within(view, view.size - now.dice.below(2) * now.dice.below(600));
    const left = PAGE_BYTES - (start % PAGE_BYTES);
    return storeAt(now, view, start, 1 + now.dice.below(left));
  });
  const grow = onFile(file, (now, view) => {
    const size = view.size + 1 + now.dice.below(now.dice.oneIn(2) ? PAGE_BYTES : 4 * boundaries.blockBytes);
    if (now.dice.oneIn(2)) return { op: 'ftruncate', handle: view.handle, size };
    if (now.dice.oneIn(2)) return pwrite(now, view, size, 1 + now.dice.below(100));
    // From the end on, or from somewhere before it.
    const offset = now.dice.oneIn(2) ? view.size : now.dice.below(view.size + 1);
    const mode = now.dice.oneIn(3) ? 'zero' : 'allocate';
    return { op: 'fallocate', handle: view.handle, mode, offset, length: size - offset };
  });
  const look = step((_, view) => load(view, Math.max(0, view.size - PAGE_BYTES), 2 * PAGE_BYTES));
  const first = dice.oneIn(2) ? [fill] : [shape];
  return [
    ...file.opening,
    ...first,
    open,
    stray,
    ...(dice.oneIn(2) ? [settle(file)] : []),
    grow,
    readAround(file),
    look,
    stray,
    settle(file),
    dropCaches,
    grow,
    readAround(file),
  ];
}

/** What is mapped is cut, punched and moved away under the mapping. */
export function cutMapping(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const { open, step } = mapped(scene, file, 16);
  const fill = onFile(file, (now, view) => pwrite(now, view, 0, 1 + now.dice.below(12 * PAGE_BYTES)));
  const store = step((now, view) => {
    const start = within(view, now.dice.below(Math.max(1, view.size)));
    const reach = Math.ceil(view.length / PAGE_BYTES) * PAGE_BYTES;
    return storeAt(now, view, start, Math.min(reach - start, 1 + now.dice.below(2 * PAGE_BYTES)));
  });
  const look = step((now, view) => load(view, now.dice.below(Math.max(1, view.size)), 3 * PAGE_BYTES));
  const cut = onFile(file, (now, { handle, size }) => {
    const start = now.dice.below(size + 1);
    if (now.dice.oneIn(2)) return { op: 'ftruncate', handle, size: start };
    const offset = start - (start % boundaries.clusterBytes);
    const mode = now.dice.pick(['punch', 'punch', 'zero', 'collapse'] as const);
    return mode === 'collapse'
      ? { op: 'fallocate', handle, mode, offset, length: boundaries.clusterBytes }
      : { op: 'fallocate', handle, mode, offset: start, length: 1 + now.dice.below(4 * block) };
  });
  const steps = [store, look, store, cut, look, settle(file)];
  const mixed = Array.from({ length: dice.between(4, 10) }, () =>
    dice.pick([store, store, look, cut, cut, settle(file)]),
  );
  return [
    ...file.opening,
    fill,
    open,
    ...steps,
    ...mixed,
    readAround(file),
    dropCaches,
    look,
    readAround(file),
  ];
}
