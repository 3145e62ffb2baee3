import { PAGE_BYTES, type FallocateMode } from '../../model/index.ts';
import { storeAt } from './mapping-makers.ts';
import { mapped } from './mapping-patterns.ts';
import {
  commit,
  dropCaches,
  onFile,
  openNew,
  pwrite,
  settle,
  times,
  work,
  type Pattern,
} from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/**
 * Blocks of a page or a few in states of all kinds, side by side: a hole, unwritten, delayed, dirty in its place, clean. What brings a
 * part of them to the device, or nothing but a commit, comes in between, and then the same bytes are changed once more, also through a
 * mapping: whoever asks a page where he should ask its blocks, or a block where the page has changed, loses something.
 */
export function mosaic(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = dice.oneIn(2) ? work(scene) : openNew(scene, scene.names.freshPath());
  const other = openNew(scene, scene.names.freshPath());
  const pages = dice.pick([1, 1, 2, 4]);
  const bytes = pages * PAGE_BYTES;
  const block = boundaries.blockBytes;
  const { open, step } = mapped(scene, file, pages);
  const places = new Places(block, bytes);
  const write = onFile(file, (now, view) => pwrite(now, view, places.next(now), lengthOf(now)));
  const store = step((now, view) => {
    const start = places.next(now);
    return storeAt(now, view, start, Math.min(lengthOf(now), bytes - start));
  });
  const take = onFile(file, (now, { handle }) => {
    const mode = now.dice.pick<FallocateMode>(['punch', 'zero', 'allocate', 'keep-size']);
    return { op: 'fallocate', handle, mode, offset: places.next(now), length: lengthOf(now) };
  });
  const cut = onFile(file, (now, { handle }) => ({
    op: 'ftruncate',
    handle,
    size: places.next(now) + now.dice.below(block),
  }));
  const extend = onFile(file, (_, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: Math.max(size, bytes),
  }));
  const writePart = onFile(file, (now, { openedAs: path }) => ({
    op: 'writeback',
    path,
    offset: places.next(now),
    length: lengthOf(now),
  }));
  const changes: readonly [Pattern, ...Pattern[]] = [[write], [store], [take], [cut, extend]];
  const bringing: readonly [Pattern, ...Pattern[]] = [
    commit(other),
    commit(other),
    [writePart],
    [settle(file)],
  ];
  const round = (): Pattern => [
    ...Array.from({ length: dice.between(1, 2) }, () => dice.pick(changes)).flat(),
    store,
    ...dice.pick(bringing),
    ...dice.pick([[store], [store], [write]]),
  ];
  const look = onFile(file, (_, { handle }) => ({ op: 'pread', handle, offset: 0, length: bytes }));
  const ground = [...times(dice.between(1, 3), write), settle(file)];
  return [
    ...file.opening,
    ...other.opening,
    ...(dice.oneIn(4) ? [] : ground),
    extend,
    open,
    ...Array.from({ length: dice.between(2, 4) }, round).flat(),
    look,
    settle(file),
    dropCaches,
    look,
  ];
}

/** Where a block begins, or a place in it; as often as not one of those that were touched before. */
class Places {
  readonly #block: number;
  readonly #bytes: number;
  readonly #touched: number[] = [];

  constructor(block: number, bytes: number) {
    this.#block = block;
    this.#bytes = bytes;
  }

  next({ dice }: Scene): number {
    const known = this.#touched.at(-1 - dice.below(TOUCHED));
    if (known !== undefined && dice.oneIn(2)) return known;
    const beside = dice.oneIn(4) ? dice.below(this.#block) : 0;
    const place = this.#block * dice.below(this.#bytes / this.#block) + beside;
    this.#touched.push(place);
    return place;
  }
}

/** So many places are gone back to. */
const TOUCHED = 3;

/** Part of a block, a block, or so much that whatever is near is in it. */
function lengthOf({ dice, boundaries: { blockBytes } }: Scene): number {
  switch (dice.below(4)) {
    case 0:
      return blockBytes;
    case 1:
      return PAGE_BYTES * dice.between(1, 2);
    default:
      return 1 + dice.below(2 * blockBytes);
  }
}
