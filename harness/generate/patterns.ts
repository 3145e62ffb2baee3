import type { Operation } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import { attributes, capable, swap, unnamed, untouched, visit } from './metadata-patterns.ts';
import { childPath } from './names.ts';
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
import { changeMap, defragment, frozen, swapFile } from './layout-patterns.ts';
import { farBlocks, limit } from './limit-patterns.ts';
import { brim, holes, moveContents, reserve } from './space-patterns.ts';
import { mosaic } from './mosaic-pattern.ts';
import { walk } from './walk-pattern.ts';
import { cutMapping, strayStore } from './mapping-patterns.ts';
import { copies, flushRange, pastCache, pressure } from './transfer-patterns.ts';
import type { PatternName } from './swarm.ts';

/** How a pattern is laid out when it begins, with what it needs to know drawn already. */
const layouts: Readonly<Record<PatternName, (scene: Scene) => Pattern>> = {
  append,
  scattered,
  overwrite,
  'shrink-and-grow': shrinkAndGrow,
  'read-back': readBack,
  'unlinked-while-open': unlinkedWhileOpen,
  'replace-by-rename': replaceByRename,
  crowd,
  'directory-moves': directoryMoves,
  'link-loop': linkLoop,
  limit,
  fill,
  attributes,
  swap,
  unnamed,
  visit,
  capable,
  untouched,
  holes,
  reserve,
  'move-contents': moveContents,
  'far-blocks': farBlocks,
  defragment,
  'change-map': changeMap,
  frozen,
  'swap-file': swapFile,
  copies,
  'past-cache': pastCache,
  'flush-range': flushRange,
  pressure,
  'stray-store': strayStore,
  'cut-mapping': cutMapping,
  brim,
  walk,
  mosaic,
};

export const layOut = (scene: Scene): Pattern => layouts[scene.swarm.patterns.pick(scene.dice)](scene);

/** The file grows by pieces of one size at its end. */
function append(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const length = dice.pick([
    1,
    100,
    511,
    512,
    1000,
    boundaries.blockBytes - 1,
    boundaries.blockBytes,
    4096,
    5000,
    20000,
  ]);
  const step = onFile(file, (now, view) => pwrite(now, view, view.size, length));
  return [...file.opening, ...times(dice.between(3, 12), step), settle(file), readAround(file)];
}

/** Every other block, so that the file gets many extents; sometimes the gaps are filled afterwards. */
function scattered(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const count = dice.between(5, 24);
  const first = block * dice.below(8);
  const stride = dice.pick([2, 2, 3, 16]) * block;
  const writes: Maker[] = [];
  for (let index = 0; index < count; index++) {
    writes.push(onFile(file, (now, view) => pwrite(now, view, first + index * stride, block)));
  }
  const gap = onFile(file, (now, view) =>
    pwrite(now, view, first + block + stride * now.dice.below(count), block),
  );
  return [
    ...file.opening,
    ...writes,
    settle(file),
    ...times(dice.below(4), gap),
    dropCaches,
    readAround(file),
  ];
}

/** One place again and again, moved a little each time. */
function overwrite(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const start = boundaries.offset(
    scene.view(file.handle) ?? { size: 0, boundaryCount: 0, boundaryAt: () => 0 },
  );
  const step = onFile(file, (now, view) => {
    const offset = Math.max(0, start + now.dice.between(-600, 600));
    return pwrite(now, view, offset, boundaries.length(view, offset));
  });
  const middle = dice.oneIn(2) ? [settle(file), dropCaches] : [];
  const count = dice.between(1, 4);
  return [...file.opening, ...times(count, step), ...middle, ...times(count, step), readAround(file)];
}

/** The end moves into a block and out again: what was cut off must come back as zeros. */
function shrinkAndGrow(scene: Scene): Pattern {
  const { dice, boundaries } = scene;
  const file = work(scene);
  const block = boundaries.blockBytes;
  const ensure: Maker = (now) => {
    const view = now.view(file.handle);
    if (view === null || view.size >= block || view.access === 'read') return null;
    return pwrite(now, view, view.size, block * now.dice.between(1, 6) + now.dice.below(block));
  };
  const shrink = onFile(file, ({ dice: roll }, { handle, size }) => {
    const cut = roll.oneIn(2) ? roll.below(block) : roll.below(5 * block);
    return { op: 'ftruncate', handle, size: Math.max(0, size - cut) };
  });
  const grow = onFile(file, (now, view) => {
    const size = view.size + now.dice.below(now.dice.oneIn(2) ? block : 5 * block) + 1;
    if (now.dice.oneIn(2)) return { op: 'ftruncate', handle: view.handle, size };
    return pwrite(now, view, size, now.dice.between(1, block));
  });
  const before = dice.oneIn(2) ? [settle(file)] : [];
  return [
    ...file.opening,
    ensure,
    ...before,
    shrink,
    settle(file),
    grow,
    dropCaches,
    readAround(file),
    settle(file),
  ];
}

/** Writes something, brings it to the disk or not, forgets what is cached or not, and reads it. */
function readBack(scene: Scene): Pattern {
  const file = work(scene);
  let start = 0;
  let length = 0;
  const write = onFile(file, (now, view) => {
    start = now.boundaries.offset(view);
    length = now.boundaries.length(view, start);
    return pwrite(now, view, start, length);
  });
  const read = onFile(file, (now, { handle }) => {
    const before = Math.min(start, now.dice.below(300));
    return { op: 'pread', handle, offset: start - before, length: before + length + now.dice.below(300) };
  });
  return [...file.opening, write, settle(file), dropCaches, read];
}

const writeSomewhere = (file: Work): Maker =>
  onFile(file, (now, view) => pwrite(now, view, now.boundaries.offset(view), 1 + now.dice.below(9000)));

/** The last name goes while a descriptor stays. */
function unlinkedWhileOpen(scene: Scene): Pattern {
  if (scene.dice.oneIn(4)) return severalUnlinked(scene);
  const path = scene.names.freshPath();
  const file = openNew(scene, path);
  const write = writeSomewhere(file);
  const gone: Operation = { op: 'unlink', path };
  const closing: Maker = (now) =>
    now.view(file.handle) === null ? null : { op: 'close', handle: file.handle };
  return [...file.opening, write, () => gone, write, settle(file), readAround(file), closing];
}

/** The same with several files, closed in any order: what is chained to one of them is chained to others then. */
function severalUnlinked(scene: Scene): Pattern {
  const paths = Array.from({ length: scene.dice.between(3, 5) }, () => scene.names.freshPath());
  const files = paths.map((path) => openNew(scene, path));
  const closing: Maker = (now) => {
    const open = files.filter(({ handle }) => now.view(handle) !== null);
    const chosen = open.length === 0 ? undefined : open[now.dice.below(open.length)];
    return chosen === undefined ? null : { op: 'close', handle: chosen.handle };
  };
  return [
    ...files.flatMap(({ opening }) => opening),
    ...paths.map((path): Maker => () => ({ op: 'unlink', path })),
    ...files.flatMap((file) => [writeSomewhere(file), readAround(file)]),
    ...times(files.length, closing),
  ];
}

/** What an editor does: write another file, and move it over the first. */
function replaceByRename(scene: Scene): Pattern {
  const existing = scene.names.file()?.path ?? scene.names.newPath();
  const fresh = scene.names.freshPath();
  const file = openNew(scene, fresh);
  const write = onFile(file, (now, view) => pwrite(now, view, 0, 1 + now.dice.below(9000)));
  return [
    ...file.opening,
    write,
    settle(file),
    () => ({ op: 'rename', from: fresh, to: existing }),
    readAround(file),
  ];
}

/** So many names that a directory needs several blocks; then some of them go. */
function crowd(scene: Scene): Pattern {
  const { dice, names } = scene;
  const directory = names.freshPath();
  const width = dice.pick([8, 60, 120, 200]);
  const name = (index: number): string => childPath(directory, `${'c'.repeat(width)}${index}`);
  const count = dice.between(6, 24);
  const steps: Maker[] = [() => ({ op: 'mkdir', path: directory, mode: 0o755 })];
  for (let index = 0; index < count; index++) {
    const path = name(index);
    steps.push((now) => {
      const file = now.names.file();
      if (file !== null && now.dice.oneIn(2)) return { op: 'link', from: file.path, to: path };
      return now.dice.oneIn(3) ? { op: 'mkdir', path, mode: 0o755 } : { op: 'symlink', target: 'x', path };
    });
  }
  steps.push(() => ({ op: 'readdir', path: directory }));
  for (let index = dice.below(3); index < count; index += dice.between(1, 4)) {
    steps.push(() => ({ op: 'unlink', path: name(index) }));
  }
  steps.push(() => ({ op: 'rename', from: name(1), to: `${directory}/moved` }));
  steps.push(() => ({ op: 'readdir', path: directory }));
  return steps;
}

/** Directories move: into each other, over empty ones, over full ones, into themselves. */
function directoryMoves(scene: Scene): Pattern {
  const { names, dice } = scene;
  const first = names.freshPath();
  const second = names.freshPath();
  const make =
    (path: string): Maker =>
    () => ({ op: 'mkdir', path, mode: 0o755 });
  const move =
    (from: string, to: string): Maker =>
    () => ({ op: 'rename', from, to });
  const moves: [Maker, ...Maker[]] = [
    move(first, second),
    move(first, `${first}/inside`),
    move(`${first}/inside`, second),
    move(`${first}/inside`, `${second}/inside`),
    move(second, `${first}/inside`),
    move(`${first}/inside`, first),
    () => ({ op: 'rmdir', path: first }),
    () => ({ op: 'rmdir', path: `${first}/inside` }),
  ];
  const chosen = Array.from({ length: dice.between(1, 4) }, () => dice.pick(moves));
  return [make(first), make(second), make(`${first}/inside`), ...chosen, () => ({ op: 'stat', path: first })];
}

/** A link that leads to itself, at once or through another, and calls that follow it. */
function linkLoop(scene: Scene): Pattern {
  const { names, dice } = scene;
  const first = names.freshPath();
  const home = first.slice(0, first.lastIndexOf('/') + 1);
  const name = first.slice(home.length);
  const second = dice.oneIn(2) ? name : `${name}b`;
  const steps: Maker[] = [() => ({ op: 'symlink', target: second, path: first })];
  if (second !== name) steps.push(() => ({ op: 'symlink', target: name, path: home + second }));
  const handle = scene.newHandle();
  const below = `${first}/x`;
  const followers: [Maker, ...Maker[]] = [
    () => ({
      op: dice.pick<'stat' | 'readdir' | 'lstat'>(['stat', 'readdir', 'readdir', 'lstat']),
      path: first,
    }),
    () => ({
      op: dice.pick<'unlink' | 'rmdir' | 'readlink' | 'lstat'>(['unlink', 'rmdir', 'readlink', 'lstat']),
      path: below,
    }),
    () => ({ op: 'mkdir', path: below, mode: 0o755 }),
    () => ({ op: 'symlink', target: name, path: below }),
    () => ({ op: 'truncate', path: first, size: 0 }),
    () => ({ op: 'rename', from: below, to: home + second }),
    () => ({ op: 'link', from: dice.oneIn(2) ? first : below, to: `${first}c` }),
    () => ({ op: 'chmod', path: first, mode: 0o600 }),
    () => ({ op: 'chown', path: first, uid: 1000, gid: -1 }),
    () => ({ op: 'utimens', path: first, atime: 'now', mtime: 'omit' }),
    () => ({ op: 'open', as: handle, path: first, access: 'read', flags: {}, mode: 0 }),
  ];
  for (let count = dice.between(1, 4); count > 0; count--) steps.push(dice.pick(followers));
  return steps;
}

/** Real data until the device is full, then small things, then room is made again. */
function fill(scene: Scene): Pattern {
  const { dice, setup } = scene;
  const file = openNew(scene, scene.names.newPath());
  const length = Math.ceil(setup.sizeBytes / dice.between(6, 20) / 4096) * 4096;
  const write = onFile(file, (now, view) =>
    pwrite(now, view, view.size + (now.dice.oneIn(6) ? 4096 : 0), length),
  );
  const small = onFile(file, (now, view) => pwrite(now, view, view.size, now.boundaries.blockBytes));
  const room = onFile(file, (now, { handle, size }) => ({
    op: 'ftruncate',
    handle,
    size: now.dice.below(size + 1),
  }));
  return [
    ...file.opening,
    ...times(dice.between(4, 14), write),
    ...times(4, small),
    settle(file),
    room,
    settle(file),
  ];
}
