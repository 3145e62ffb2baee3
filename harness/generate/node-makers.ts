import type { DeviceNumber, FileType, FlagName, HandleView, NodeView } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import { MODES } from './data-makers.ts';
import { isAnything, type Scene } from './scene.ts';

/** Where the old form of a device number ends, where the new one does, and the whiteout. */
const DEVICES: readonly [DeviceNumber, ...DeviceNumber[]] = [
  { major: 0, minor: 0 },
  { major: 1, minor: 3 },
  { major: 255, minor: 255 },
  { major: 256, minor: 0 },
  { major: 0, minor: 256 },
  { major: 4095, minor: 0xfffff },
];

const TYPES = ['fifo', 'socket', 'character-device', 'block-device', 'character-device', 'file'] as const;

/** The access time is what can be seen soonest. */
const OTHER_FLAGS = ['noatime', 'noatime', 'noatime', 'nodump', 'sync', 'dirsync', 'journalData'] as const;

/** Project ids are 32 bits without the last number. */
const PROJECTS = [0, 1, 1, 2, 2 ** 32 - 2] as const;

export const mknod: Maker = (scene) => {
  const { dice, names } = scene;
  const path = scene.rareMistake() ? names.wrong() : names.detour(names.newPath());
  const mode = dice.oneIn(3) ? dice.pick(MODES) : 0o644;
  return { op: 'mknod', path, type: dice.pick(TYPES), mode, device: dice.pick(DEVICES) };
};

const isUnnamed = (file: HandleView): boolean => file.links === 0 && file.type === 'file';

/** Mostly a file without a name gets one; a descriptor of another file, or none, now and then. */
export const linkHandle: Maker = (scene) => {
  const { names } = scene;
  const chosen = scene.open(isUnnamed) ?? (scene.dice.oneIn(3) ? scene.open(isAnything) : null);
  if (scene.rareMistake()) {
    return { op: 'link-handle', handle: chosen?.handle ?? scene.deadHandle(), to: names.wrong() };
  }
  if (chosen === null) return null;
  return { op: 'link-handle', handle: chosen.handle, to: names.detour(names.newPath()) };
};

function flagged(scene: Scene): NodeView | null {
  const { dice, names } = scene;
  if (scene.rareMistake()) return null;
  return dice.oneIn(3) ? (names.ownDirectory() ?? names.root()) : names.existingNode();
}

/** What is flagged is mostly freed again: else the tree would freeze. */
export const chattr: Maker = (scene) => {
  const { dice, names } = scene;
  const node = flagged(scene);
  const path = names.detour(node?.path ?? names.wrong());
  const frees = node?.flagged === true && !dice.oneIn(4);
  return {
    op: 'chattr',
    path,
    immutable: !frees && dice.oneIn(4),
    append: !frees && dice.oneIn(3),
    ...otherFlags(scene, node?.type ?? 'file'),
  };
};

/** What lets the tree go on: mostly one of them, more often set than cleared. */
function otherFlags(scene: Scene, type: FileType): Partial<Record<FlagName | 'extents', boolean>> {
  const { dice } = scene;
  if (dice.oneIn(3)) return {};
  const flags: Partial<Record<FlagName | 'extents', boolean>> = {};
  if (type === 'file' && dice.oneIn(3)) return { extents: dice.oneIn(3) };
  for (let count = dice.between(1, 2); count > 0; count--) {
    const name = dice.pick(OTHER_FLAGS);
    // Of a file it is a mistake (EOPNOTSUPP).
    if (name === 'dirsync' && type !== 'directory' && !scene.rareMistake()) continue;
    flags[name] = !dice.oneIn(3);
  }
  return flags;
}

export const lsattr: Maker = (scene) => ({
  op: 'lsattr',
  path: scene.names.detour(flagged(scene)?.path ?? scene.names.wrong()),
});

/** Mostly of directories, which hand it down. */
export const setProject: Maker = (scene) => {
  const { dice, names } = scene;
  const node = dice.oneIn(2) ? names.ownDirectory() : flagged(scene);
  const path = names.detour(node?.path ?? (scene.rareMistake() ? names.wrong() : '.'));
  return { op: 'set-project', path, project: dice.oneIn(2) ? 0 : dice.pick(PROJECTS) };
};
