import { SECONDS_MAX, SECONDS_MIN, type Operation, type SetTime } from '../../model/index.ts';
import { MODES, type Maker } from './data-makers.ts';
import { parentsOf } from './names.ts';
import type { Scene } from './scene.ts';

/** Seconds where an on-disk time changes its form: the sign, 31, 32 and 34 bits, and the limits. */
const SECONDS = [
  0,
  -1,
  1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 33,
  SECONDS_MIN,
  SECONDS_MAX,
  SECONDS_MIN - 1,
  SECONDS_MAX + 1,
] as const;
const NANOSECONDS = [0, 1, 500_000_000, 999_999_999] as const;

/** Ids where 16 bits end, where 32 end, and -1, which changes nothing. */
const IDS = [0, 1, 1000, -1, 0xffff, 0x10000, 2 ** 31, 2 ** 32 - 2] as const;

/** A symbolic link of up to 59 bytes lives in the inode, a longer one in a block. */
const INLINE_TARGET_BYTES = 60;

/** A target is stored with a NUL and must fit a page with it; no path is longer. */
const TARGET_BYTES_MAX = 4095;

/** A longer path is one of those that are wrong, and has more slashes than directories. */
const PLAIN_PATH_MAX = 1024;

/** Something that exists, by whatever way; wrong when it should be. */
const somePath = (scene: Scene): string =>
  scene.rareMistake() ? scene.names.wrong() : scene.names.detour(scene.names.existing());

export const mkdir: Maker = (scene) => {
  const { dice, names } = scene;
  const path = scene.mistake() ? names.wrong() : names.detour(names.newPath());
  return { op: 'mkdir', path, mode: dice.oneIn(4) ? dice.pick(MODES) : 0o755 };
};

export const rmdir: Maker = (scene) => {
  const { names } = scene;
  if (scene.rareMistake()) return { op: 'rmdir', path: names.wrong() };
  const directory = names.ownDirectory();
  return directory === null ? null : { op: 'rmdir', path: names.detour(directory.path) };
};

export const unlink: Maker = (scene) => {
  const { dice, names } = scene;
  if (scene.mistake()) return { op: 'unlink', path: names.wrong() };
  const node = dice.oneIn(4) ? (names.special() ?? names.symlink()) : names.file();
  return node === null ? null : { op: 'unlink', path: names.detour(node.path) };
};

export const rename: Maker = (scene) => {
  const { dice, names } = scene;
  if (scene.mistake()) return wrongPair(scene, 'rename');
  const node = dice.oneIn(2) ? names.file() : names.existingNode();
  if (node === null) return null;
  if (scene.swarm.renameFlagPercent > 0 && dice.percent(scene.swarm.renameFlagPercent)) {
    return flaggedRename(scene, node.path);
  }
  const to = (dice.oneIn(4) ? names.existingNode()?.path : null) ?? names.newPath();
  return { op: 'rename', from: names.detour(node.path), to: names.detour(to) };
};

export const link: Maker = (scene) => {
  const { dice, names } = scene;
  if (scene.mistake()) return wrongPair(scene, 'link');
  const node = dice.oneIn(6) ? names.symlink() : names.file();
  if (node === null) return null;
  return { op: 'link', from: names.detour(node.path), to: names.detour(names.newPath()) };
};

/** Both ends of an exchange exist, mostly; the other flags go with either kind of end. */
function flaggedRename({ dice, names }: Scene, from: string): Operation {
  const flag = dice.pick(['exchange', 'exchange', 'noreplace', 'whiteout'] as const);
  const existing = dice.percent(flag === 'exchange' ? 90 : 30);
  const other = dice.oneIn(3) ? names.ownDirectory() : names.existingNode();
  const to = (existing ? other?.path : null) ?? names.newPath();
  return { op: 'rename', from: names.detour(from), to: names.detour(to), flag };
}

/** Mostly one of the two is wrong: when both are, the first hides the second. */
function wrongPair(scene: Scene, op: 'rename' | 'link'): Operation {
  const { dice, names } = scene;
  const from = dice.oneIn(2) ? names.wrong() : names.existing();
  const to = dice.oneIn(2) ? names.wrong() : dice.oneIn(2) ? names.existing() : names.newPath();
  if (op === 'link') return { op, from, to };
  const flag = dice.percent(scene.swarm.renameFlagPercent)
    ? { flag: dice.pick(['exchange', 'noreplace', 'whiteout'] as const) }
    : null;
  if (!dice.oneIn(6)) return { op, from, to, ...flag };
  // A directory into itself, and something over its own ancestor.
  const directory = names.directory();
  return dice.oneIn(2)
    ? { op, from: directory, to: `${directory}/sub`, ...flag }
    : { op, from: names.existing(), to: directory, ...flag };
}

export const symlink: Maker = (scene) => {
  const { names } = scene;
  const path = scene.mistake() ? names.wrong() : names.newPath();
  return { op: 'symlink', target: symlinkTarget(scene, path), path };
};

/** To something that exists, something that does not, itself, or another link; sometimes of a length that matters. */
function symlinkTarget(scene: Scene, path: string): string {
  const { dice, names } = scene;
  const slash = path.lastIndexOf('/');
  const home = slash > 0 && slash < PLAIN_PATH_MAX ? path.slice(0, slash) : '.';
  const back = parentsOf(home);
  switch (dice.below(12)) {
    case 0:
      return back + path;
    case 1:
      return 'missing';
    case 2:
      return dice.pick(['.', '..', './', '']);
    case 3:
      return names.wrong();
    case 4:
    case 5:
      return ofLength(back + names.existing(), targetLength(scene));
    case 6:
      return back + (names.symlink()?.path ?? 'missing');
    case 7:
    case 8:
      return back + names.directory();
    default:
      return back + (names.file()?.path ?? 'missing');
  }
}

function targetLength(scene: Scene): number {
  const block = scene.setup.blockSize;
  const near = scene.dice.pick([INLINE_TARGET_BYTES, INLINE_TARGET_BYTES, block, TARGET_BYTES_MAX]);
  return near + scene.dice.between(-2, 2);
}

/** The same target made longer: slashes between two components count as one. */
function ofLength(target: string, length: number): string {
  const missing = length - target.length - 2;
  return missing < 0 ? target : `./${'/'.repeat(missing)}${target}`;
}

const onPath =
  (op: 'stat' | 'lstat'): Maker =>
  (scene) => ({ op, path: somePath(scene) });

export const stat = onPath('stat');
export const lstat = onPath('lstat');

export const readlink: Maker = (scene) => {
  if (scene.rareMistake()) return { op: 'readlink', path: scene.names.wrong() };
  const path = scene.dice.oneIn(6) ? scene.names.existing() : scene.names.symlink()?.path;
  return path === undefined ? null : { op: 'readlink', path };
};

export const readdir: Maker = (scene) => ({
  op: 'readdir',
  path: scene.mistake() ? scene.names.wrong() : scene.names.detour(scene.names.directory()),
});

export const chmod: Maker = (scene) => ({
  op: 'chmod',
  path: somePath(scene),
  mode: scene.dice.oneIn(2) ? scene.dice.pick(MODES) : scene.dice.below(0o10000),
});

export const chown: Maker = (scene) => ({
  op: 'chown',
  path: somePath(scene),
  uid: scene.dice.pick(IDS),
  gid: scene.dice.pick(IDS),
});

export const utimens: Maker = (scene) => ({
  op: 'utimens',
  path: somePath(scene),
  atime: setTime(scene),
  mtime: setTime(scene),
});

function setTime({ dice }: Scene): SetTime {
  if (dice.oneIn(4)) return dice.oneIn(2) ? 'now' : 'omit';
  return { seconds: dice.pick(SECONDS), nanoseconds: dice.pick(NANOSECONDS) };
}
