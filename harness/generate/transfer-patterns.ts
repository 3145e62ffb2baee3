import type { Operation } from '../../model/index.ts';
import {
  dropCaches,
  onFile,
  openNew,
  pwrite,
  readAround,
  settle,
  work,
  type Pattern,
} from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/** Bytes go from one place of a file to another, and on from there. */
export function copies(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const unit = dice.oneIn(2) ? block : dice.between(1, 3 * block);
  const first = onFile(file, (now, view) =>
    pwrite(now, view, now.boundaries.offset(view) % (8 * block), unit),
  );
  const copy = onFile(file, ({ dice: roll }, { handle, size }) => {
    const fromOffset = roll.below(size + 1);
    const toOffset = roll.oneIn(2) ? size + roll.below(2 * block) : roll.below(size + 1);
    const length = unit + roll.below(block);
    return { op: 'copy-file-range', from: handle, fromOffset, to: handle, toOffset, length };
  });
  return [
    ...file.opening,
    first,
    settle(file),
    copy,
    first,
    copy,
    settle(file),
    dropCaches,
    readAround(file),
  ];
}

/** One file through the cache and past it at once. */
export function pastCache(scene: Scene): Pattern {
  const { dice, boundaries, names } = scene;
  const path = names.newPath();
  const cached = openNew(scene, path);
  const direct = scene.newHandle();
  const unit = dice.oneIn(2) ? boundaries.blockBytes : 512;
  const open: Operation = {
    op: 'open',
    as: direct,
    path,
    access: 'read-write',
    flags: { create: true, direct: true },
    mode: 0o644,
  };
  const past = { handle: direct, opening: [] };
  const place = (now: Scene, size: number): number =>
    unit * now.dice.below(2 + Math.ceil((size % (1 << 20)) / unit));
  const write = onFile(cached, (now, view) =>
    pwrite(
      now,
      view,
      now.dice.below(view.size + 1) % (1 << 20),
      1 + now.dice.below(4 * boundaries.blockBytes),
    ),
  );
  const writePast = onFile(past, (now, view) =>
    pwrite(now, view, place(now, view.size), unit * now.dice.between(1, 8)),
  );
  const readPast = onFile(past, (now, { handle, size }) => ({
    op: 'pread',
    handle,
    offset: place(now, size),
    length: unit * now.dice.between(1, 16),
  }));
  const cut = onFile(cached, (now, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: Math.max(0, size + now.dice.between(-2 * unit, unit)),
  }));
  const mixed = Array.from({ length: dice.between(3, 10) }, () =>
    dice.pick([write, writePast, writePast, readPast, readPast, readAround(cached), cut]),
  );
  return [...cached.opening, () => open, ...mixed, settle(cached), dropCaches, readAround(cached), readPast];
}

/** Part of a file is on its way to the disk when it is cut. */
export function flushRange(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const write = onFile(file, (now, view) =>
    pwrite(now, view, view.size, block * now.dice.between(1, 6) + now.dice.below(block)),
  );
  const flush = onFile(file, (now, { handle, size }) => ({
    op: 'sync-file-range',
    handle,
    offset: Math.max(0, size - now.dice.below(4 * block)),
    length: now.dice.below(4 * block),
    wait: now.dice.pick(['none', 'before', 'after', 'both'] as const),
    write: true,
  }));
  const cut = onFile(file, (now, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: Math.max(0, size + now.dice.between(-3 * block, block)),
  }));
  const again = dice.oneIn(2) ? [write, flush] : [];
  return [
    ...file.opening,
    write,
    flush,
    cut,
    ...again,
    readAround(file),
    settle(file),
    dropCaches,
    readAround(file),
  ];
}

/** Memory is short: what is clean leaves it, or is lost with a broken page, and what is dirty moves to other memory. */
export function pressure(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const write = onFile(file, (now, view) =>
    pwrite(now, view, now.dice.below(20_000), 1 + now.dice.below(4 * boundaries.blockBytes)),
  );
  // A page that is not asked for from its beginning is treated as broken.
  const reclaim = onFile(file, (now, { openedAs: path }) => ({
    op: 'reclaim',
    path,
    offset: now.dice.oneIn(2) ? 0 : 1 + now.dice.below(20_000),
    length: 1 << 20,
  }));
  const place = onFile(file, (now, { openedAs: path }) => ({ op: 'bmap', path, block: now.dice.below(8) }));
  const round = [write, reclaim, readAround(file), settle(file), reclaim, readAround(file), write];
  return [...file.opening, ...round, ...(dice.oneIn(2) ? round : []), place, reclaim, readAround(file)];
}
