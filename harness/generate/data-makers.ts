import type { Access, Content, Handle, HandleView, Operation, OpenFlags, Path } from '../../model/index.ts';
import { NO_SHAPE, type FileShape } from './boundaries.ts';
import { asDeviceWants, transferOptions } from './transfer-options.ts';
import { isAnything, isReadable, isWritable, type Scene } from './scene.ts';

/** Makes one operation that suits the scene, or null when nothing there suits it. */
export type Maker = (scene: Scene) => Operation | null;

/** The largest that a call takes; what lies beyond is not in the vocabulary. */
const FAR_BEYOND = Number.MAX_SAFE_INTEGER;

export const MODES = [0o644, 0o600, 0o755, 0o777, 0, 0o4755, 0o2755, 0o1777, 0o7777] as const;

/** A descriptor to work on; when the operation should be wrong, often a dead one or one that is open otherwise. */
export function target(scene: Scene, wanted: (file: HandleView) => boolean): HandleView | Handle | null {
  if (scene.mistake()) return scene.dice.oneIn(3) ? scene.deadHandle() : scene.open((file) => !wanted(file));
  return scene.open(wanted);
}

export const handleOf = (chosen: HandleView | Handle): Handle =>
  typeof chosen === 'string' ? chosen : chosen.handle;
export const shapeOf = (chosen: HandleView | Handle): FileShape =>
  typeof chosen === 'string' ? NO_SHAPE : chosen;

/** An offset, rarely one that no file can have. */
export function offset(scene: Scene, file: FileShape): number {
  if (scene.swarm.mistakePercent === 0 || !scene.dice.oneIn(100)) return scene.boundaries.offset(file);
  return scene.dice.pick([-1, -scene.boundaries.blockBytes, -FAR_BEYOND, FAR_BEYOND, FAR_BEYOND - 4096]);
}

function size(scene: Scene, file: FileShape): number {
  const { dice, boundaries } = scene;
  if (dice.percent(scene.swarm.mistakePercent / 4)) {
    return dice.pick([-1, boundaries.maxFileBytes + 1, FAR_BEYOND]);
  }
  // Down into the file, as often as to where it ends: truncation has more to do there.
  if (file.size > 0 && dice.oneIn(3)) return Math.max(0, file.size - boundaries.length(file, file.size));
  return boundaries.offset(file);
}

function content(scene: Scene, chosen: HandleView | Handle, file: FileShape, start: number): Content {
  return {
    seed: scene.newSeed(),
    length: asDeviceWants(scene, chosen, scene.boundaries.length(file, start)),
  };
}

export const open: Maker = (scene) => {
  const { dice, names, window } = scene;
  if (scene.handleCount >= scene.swarm.handlesMax) return null;
  if (window !== null) return openAgain(scene, window.path);
  if (dice.oneIn(20)) return openDirectory(scene);
  if (scene.swarm.unnamedPercent > 0 && dice.percent(scene.swarm.unnamedPercent)) return openUnnamed(scene);
  const mistake = scene.mistake();
  const existing = dice.oneIn(2) ? names.file() : null;
  let path = existing === null ? names.newPath() : existing.path;
  if (mistake) path = names.wrong();
  const access: Access = dice.pick(['read-write', 'read-write', 'read-write', 'write', 'read']);
  const flags = openFlags(scene, mistake, existing === null);
  const mode = dice.oneIn(4) ? dice.pick(MODES) : 0o644;
  return { op: 'open', as: scene.newHandle(), path: names.detour(path), access, flags, mode };
};

/** One more descriptor of a file, which may be gone by now. */
function openAgain(scene: Scene, path: Path): Operation {
  const access: Access = scene.dice.pick(['read-write', 'read-write', 'read-write', 'write', 'read']);
  const flags = openFlags(scene, scene.mistake(), true);
  return { op: 'open', as: scene.newHandle(), path, access, flags, mode: 0o644 };
}

function openDirectory(scene: Scene): Operation {
  const { dice, names } = scene;
  const flags: OpenFlags = dice.oneIn(2) ? { directory: true } : {};
  const access: Access = dice.oneIn(8) ? 'read-write' : 'read';
  return { op: 'open', as: scene.newHandle(), path: names.detour(names.directory()), access, flags, mode: 0 };
}

/** A file without a name; mostly one that can get a name later. */
function openUnnamed(scene: Scene): Operation {
  const { dice, names } = scene;
  const path = scene.mistake() ? names.wrong() : names.detour(names.directory());
  const flags: { -readonly [Flag in keyof OpenFlags]: OpenFlags[Flag] } = { tmpfile: true };
  if (dice.oneIn(8)) flags.exclusive = true;
  if (dice.oneIn(12)) flags.append = true;
  if (dice.oneIn(12)) flags.truncate = true;
  if (scene.mistake()) flags[dice.oneIn(2) ? 'create' : 'nofollow'] = true;
  const access: Access = scene.mistake() ? 'read' : dice.oneIn(4) ? 'write' : 'read-write';
  return { op: 'open', as: scene.newHandle(), path, access, flags, mode: dice.pick(MODES) };
}

function openFlags(scene: Scene, mistake: boolean, create: boolean): OpenFlags {
  const { dice } = scene;
  const flags: { -readonly [Flag in keyof OpenFlags]: OpenFlags[Flag] } = {};
  if (create ? !mistake || dice.oneIn(2) : dice.oneIn(4)) flags.create = true;
  if (flags.create === true && dice.oneIn(8)) flags.exclusive = true;
  if (dice.oneIn(10)) flags.truncate = true;
  if (dice.oneIn(7)) flags.append = true;
  const { directPercent, syncPercent } = scene.swarm.transfers;
  if (directPercent > 0 && dice.percent(directPercent)) flags.direct = true;
  if (syncPercent > 0 && dice.percent(syncPercent)) flags[dice.oneIn(2) ? 'sync' : 'dsync'] = true;
  if (mistake ? dice.oneIn(5) : dice.oneIn(60)) flags.directory = true;
  if (mistake ? dice.oneIn(5) : dice.oneIn(60)) flags.nofollow = true;
  return flags;
}

/** Nothing that is open suits: the next time there may be something that does. */
export const openInstead = (scene: Scene): Operation | null =>
  open(scene) ?? (scene.dice.oneIn(2) ? close(scene) : null);

/** Operations that take a descriptor and nothing else. */
const onHandle =
  (op: 'close' | 'fsync' | 'fdatasync' | 'fstat'): Maker =>
  (scene) => {
    const chosen = target(scene, isAnything) ?? (scene.mistake() ? scene.deadHandle() : null);
    return chosen === null ? null : { op, handle: handleOf(chosen) };
  };

export const close = onHandle('close');
export const fsync = onHandle('fsync');
export const fdatasync = onHandle('fdatasync');
export const fstat = onHandle('fstat');

export const read: Maker = (scene) => {
  const chosen = target(scene, isReadable);
  if (chosen === null) return openInstead(scene);
  const position = typeof chosen === 'string' ? 0 : chosen.position;
  const length = asDeviceWants(scene, chosen, scene.boundaries.length(shapeOf(chosen), position));
  return { op: 'read', handle: handleOf(chosen), length, ...transferOptions(scene, chosen, length, false) };
};

export const pread: Maker = (scene) => {
  const chosen = target(scene, isReadable);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const start = asDeviceWants(scene, chosen, offset(scene, shape));
  const length = asDeviceWants(scene, chosen, scene.boundaries.length(shape, start));
  const options = transferOptions(scene, chosen, length, false);
  return { op: 'pread', handle: handleOf(chosen), offset: start, length, ...options };
};

export const write: Maker = (scene) => {
  const chosen = target(scene, isWritable);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const position = typeof chosen === 'string' ? 0 : chosen.append ? chosen.size : chosen.position;
  const bytes = content(scene, chosen, shape, position);
  const options = transferOptions(scene, chosen, bytes.length, true);
  return { op: 'write', handle: handleOf(chosen), content: bytes, ...options };
};

export const pwrite: Maker = (scene) => {
  const chosen = target(scene, isWritable);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const start = asDeviceWants(scene, chosen, offset(scene, shape));
  const bytes = content(scene, chosen, shape, start);
  const options = transferOptions(scene, chosen, bytes.length, true);
  return { op: 'pwrite', handle: handleOf(chosen), offset: start, content: bytes, ...options };
};

export const seek: Maker = (scene) => {
  const { dice } = scene;
  const chosen = target(scene, isWritable);
  if (chosen === null) return openInstead(scene);
  const shape = shapeOf(chosen);
  const place = offset(scene, shape);
  if (dice.percent(scene.swarm.seekDataPercent)) {
    return { op: 'seek', handle: handleOf(chosen), offset: place, whence: dice.oneIn(2) ? 'data' : 'hole' };
  }
  const whence = dice.pick<'set' | 'current' | 'end'>(['set', 'set', 'current', 'end']);
  if (whence === 'set') return { op: 'seek', handle: handleOf(chosen), offset: place, whence };
  const position = typeof chosen === 'string' ? 0 : chosen.position;
  const distance = place - (whence === 'end' ? shape.size : position);
  // The offset is what leads to the place; one in eight is taken for what it is, and may lead before the start.
  return { op: 'seek', handle: handleOf(chosen), offset: dice.oneIn(8) ? -place || 0 : distance, whence };
};

export const ftruncate: Maker = (scene) => {
  const chosen = target(scene, isWritable);
  if (chosen === null) return openInstead(scene);
  return { op: 'ftruncate', handle: handleOf(chosen), size: size(scene, shapeOf(chosen)) };
};

export const truncate: Maker = (scene) => {
  const { names } = scene;
  if (scene.mistake()) return { op: 'truncate', path: names.wrong(), size: size(scene, NO_SHAPE) };
  const file = names.file();
  if (file === null) return null;
  return { op: 'truncate', path: names.detour(file.path), size: size(scene, file) };
};
