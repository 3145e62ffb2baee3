import type { Operation } from '../../model/index.ts';
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

/** Where a file lies changes while it is used, and what it holds does not. */

const PAGE_BYTES = 4096;

const fsync = ({ handle }: Work): Maker => onFile({ handle, opening: [] }, () => ({ op: 'fsync', handle }));

/** What e4defrag does: places in one piece for a donor, and then the file takes them, a few pages at a time. */
export function defragment(scene: Scene): Pattern {
  const { dice, boundaries, names } = scene;
  const file = work(scene);
  const donor = openNew(scene, names.newPath());
  const block = boundaries.blockBytes;
  const perPage = Math.max(1, PAGE_BYTES / block);
  const fill = onFile(file, (now, view) =>
    pwrite(now, view, now.dice.below(8) * PAGE_BYTES, now.dice.between(1, 4) * PAGE_BYTES),
  );
  const gather = onFile(donor, (now, view) =>
    now.dice.oneIn(4)
      ? pwrite(now, view, 0, 8 * PAGE_BYTES)
      : { op: 'fallocate', handle: view.handle, mode: 'allocate', offset: 0, length: 12 * PAGE_BYTES },
  );
  const move = onFile(file, (now, { handle }) => {
    const start = perPage * now.dice.below(8);
    return {
      op: 'move-extent',
      handle,
      donor: donor.handle,
      offset: start,
      donorOffset: now.dice.oneIn(4) ? perPage * now.dice.below(4) : start,
      length: perPage * now.dice.between(1, 8),
    };
  });
  const write = onFile(file, (now, view) =>
    pwrite(now, view, now.dice.below(view.size + 1), 1 + now.dice.below(2 * block)),
  );
  const round = [fsync(file), move, ...(dice.oneIn(2) ? [write] : []), readAround(file)];
  return [
    ...file.opening,
    ...donor.opening,
    ...times(dice.between(1, 3), fill),
    gather,
    fsync(donor),
    ...round,
    ...round,
    settle(file),
    dropCaches,
    readAround(file),
    readAround(donor),
  ];
}

/** A small file changes between extents and pointers while it is open and written. */
export function changeMap(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = openNew(scene, scene.names.newPath());
  const block = boundaries.blockBytes;
  const chattr =
    (extents: boolean): Maker =>
    (now) => {
      const view = now.view(file.handle);
      if (view === null) return null;
      return { op: 'chattr', path: view.openedAs, immutable: false, append: false, extents };
    };
  const write = onFile(file, (now, view) =>
    pwrite(now, view, now.dice.below(3 * block), 1 + now.dice.below(3 * block)),
  );
  const far = onFile(file, (now, view) => pwrite(now, view, (12 + now.dice.below(20)) * block, block));
  const cut = onFile(file, (now, { handle, size }): Operation => {
    const offset = now.dice.below(size + 1);
    if (now.dice.oneIn(2)) return { op: 'ftruncate', handle, size: offset };
    return { op: 'fallocate', handle, mode: 'punch', offset, length: 1 + now.dice.below(2 * block) };
  });
  return [
    ...file.opening,
    write,
    settle(file),
    chattr(false),
    write,
    ...(dice.oneIn(2) ? [far] : []),
    settle(file),
    cut,
    readAround(file),
    chattr(true),
    write,
    settle(file),
    dropCaches,
    readAround(file),
  ];
}

/** What was written just before is there while everything stands still, and afterwards things go on. */
export function frozen(scene: Scene): Pattern {
  const file = work(scene);
  const write = onFile(file, (now, view) =>
    pwrite(now, view, now.boundaries.offset(view) % (1 << 20), 1 + now.dice.below(20_000)),
  );
  const look: Maker = (now) =>
    now.dice.pick<Maker>([readAround(file), () => ({ op: 'statfs' }), fsync(file)])(now);
  return [
    ...file.opening,
    write,
    () => ({ op: 'freeze' }),
    ...times(scene.dice.between(1, 4), look),
    () => ({ op: 'thaw' }),
    write,
    settle(file),
    readAround(file),
  ];
}

/** A file that the kernel takes to swap to, which everybody else then tries to change. */
export function swapFile(scene: Scene): Pattern {
  const { dice } = scene;
  const file = openNew(scene, scene.names.newPath());
  const named =
    (make: (path: string, now: Scene) => Operation): Maker =>
    (now) => {
      const view = now.view(file.handle);
      return view === null ? null : make(view.openedAs, now);
    };
  const allocate = onFile(file, (now, { handle }) => ({
    op: 'fallocate',
    handle,
    mode: 'allocate',
    offset: 0,
    length: PAGE_BYTES * now.dice.between(2, 8),
  }));
  const fill = onFile(file, (now, view) => pwrite(now, view, 0, PAGE_BYTES * now.dice.between(2, 8)));
  const change = onFile(file, (now, view): Operation => {
    const { handle, openedAs: path, size } = view;
    const offset = now.dice.below(size + 1);
    return now.dice.pick<() => Operation>([
      () => pwrite(now, view, offset, now.dice.below(5000)),
      () => ({ op: 'ftruncate', handle, size: offset }),
      () => ({ op: 'ftruncate', handle, size: size + 1 + now.dice.below(5000) }),
      () => ({ op: 'fallocate', handle, mode: 'punch', offset, length: 5000 }),
      () => ({ op: 'unlink', path }),
      () => ({ op: 'rename', from: path, to: now.names.newPath() }),
      () => ({ op: 'swapon', path }),
    ])();
  });
  return [
    ...file.opening,
    ...(dice.oneIn(2) ? [fill] : [allocate, ...(dice.oneIn(2) ? [fill] : [])]),
    onFile(file, (_, { handle }) => ({ op: 'mkswap', handle })),
    ...(dice.oneIn(2) ? [settle(file)] : []),
    named((path) => ({ op: 'swapon', path })),
    ...times(dice.between(1, 4), change),
    readAround(file),
    named((path) => ({ op: 'swapoff', path })),
    change,
    readAround(file),
  ];
}
