import {
  NAME_BYTES_MAX,
  PATH_BUFFER_BYTES,
  type Model,
  type NodeList,
  type NodeView,
  type Path,
} from '../../model/index.ts';
import type { Dice } from './dice.ts';
import type { Swarm } from './swarm.ts';

const LONG = 'n'.repeat(NAME_BYTES_MAX);
const TOO_LONG = 'n'.repeat(NAME_BYTES_MAX + 1);
/** Two bytes a letter: 254 bytes in 127 letters, so that a limit counted in letters shows. */
const LONG_TWO_BYTES = '\u00E9'.repeat(127);
const PATH_TOO_LONG = './'.repeat(PATH_BUFFER_BYTES / 2);
const SLASHES = '/'.repeat(PATH_BUFFER_BYTES);

/** How a name of `directory` is reached from the root. */
export function childPath(directory: string, name: string): string {
  return directory === '.' ? name : `${directory}/${name}`;
}

/** Picks paths in the state that the model is in: that exist, that do not, and that are wrong. */
export class Names {
  readonly #model: Model;
  readonly #dice: Dice;
  readonly #swarm: Swarm;
  /** The file that operations are about for a while; null while they may be about any. */
  only: Path | null = null;
  #fresh = 0;

  constructor(model: Model, dice: Dice, swarm: Swarm) {
    this.#model = model;
    this.#dice = dice;
    this.#swarm = swarm;
  }

  /** A regular file, or null when there is none. */
  file(): NodeView | null {
    const { files } = this.#model;
    if (files.length === 0) return null;
    const only = this.#named(this.only);
    if (only !== null) return only;
    if (this.#dice.percent(this.#swarm.focusPercent)) return files.at(0) ?? null;
    return this.#from(files);
  }

  symlink(): NodeView | null {
    return this.#from(this.#model.symlinks);
  }

  /** A directory; the root is among them, and lost+found now and then. */
  directory(): string {
    const path = this.#from(this.#model.directories)?.path ?? '.';
    return path === 'lost+found' && !this.#dice.oneIn(8) ? '.' : path;
  }

  /** A directory that this run has made, or null. The calls that refuse the root do nothing with it. */
  ownDirectory(): NodeView | null {
    const node = this.#from(this.#model.directories);
    return node === null || node.path === '.' || node.path === 'lost+found' ? null : node;
  }

  /** A directory in which the run may make something: not too deep. */
  home(): string {
    const path = this.directory();
    return path === '.' || depth(path) <= this.#swarm.depthMax ? path : '.';
  }

  /** Anything with a name, now and then the root. */
  existing(): string {
    const node = this.existingNode();
    return node === null ? '.' : node.path;
  }

  existingNode(): NodeView | null {
    const { files, symlinks, directories, specials } = this.#model;
    const index = this.#dice.below(files.length + symlinks.length + directories.length + specials.length);
    if (index < files.length) return files.at(index) ?? null;
    const behind = index - files.length - symlinks.length;
    if (behind >= 0 && behind < specials.length) return specials.at(behind) ?? null;
    return symlinks.at(index - files.length) ?? this.ownDirectory() ?? this.file();
  }

  /** A fifo, a socket or a device, or null. */
  special(): NodeView | null {
    return this.#from(this.#model.specials);
  }

  /** The root, whatever else there is. */
  root(): NodeView | null {
    return this.#model.directories.at(0) ?? null;
  }

  /** A name that nothing has had before in this run. */
  freshPath(): string {
    return childPath(this.home(), `n${this.#fresh++}`);
  }

  /** Where something can be made: mostly free, now and then taken. */
  newPath(): string {
    const dice = this.#dice;
    switch (dice.below(16)) {
      case 0:
        return this.existing();
      case 1:
        return this.#longPath();
      case 2:
      case 3:
      case 4:
      case 5:
        return this.freshPath();
      default:
        return childPath(this.home(), `f${dice.below(this.#swarm.names)}`);
    }
  }

  /** The same place by another way: through a dot, a parent, a slash at the end, a link to a directory. */
  detour(path: string): string {
    const dice = this.#dice;
    switch (dice.below(60)) {
      case 0:
        return `./${path}`;
      case 1:
        return `${path}/`;
      case 2:
        return `${this.directory()}/${parentsOf(this.directory())}${path}`;
      case 3:
        return childPath(this.symlink()?.path ?? '.', path);
      case 4:
        return `../${path}`;
      case 5:
        return dice.oneIn(4) ? padded(path, PATH_BUFFER_BYTES - dice.below(3)) : path;
      default:
        return path;
    }
  }

  /** A path that makes most calls fail. */
  wrong(): string {
    const dice = this.#dice;
    switch (dice.below(12)) {
      case 0:
        return '';
      case 1:
        return `${this.file()?.path ?? 'missing'}/x`;
      case 2:
        return childPath(this.home(), TOO_LONG);
      case 3:
        return PATH_TOO_LONG;
      case 4:
        return this.symlink()?.path ?? 'missing';
      case 5:
        return childPath(this.symlink()?.path ?? '.', 'x');
      case 6:
        return dice.pick(['.', '..', './', 'lost+found', 'lost+found/..', '../..']);
      case 7:
        return this.directory();
      case 8:
        return `${this.file()?.path ?? 'missing'}/`;
      case 9:
        return 'missing/x';
      case 10:
        return `${this.directory()}/.`;
      default:
        return childPath(this.home(), 'missing');
    }
  }

  #named(path: Path | null): NodeView | null {
    if (path === null) return null;
    const { files } = this.#model;
    for (let index = 0; index < files.length; index++) {
      const file = files.at(index);
      if (file?.path === path) return file;
    }
    return null;
  }

  #longPath(): string {
    const dice = this.#dice;
    const home = this.home();
    if (dice.oneIn(4)) return childPath(home, LONG_TWO_BYTES);
    const digits = String(dice.below(this.#swarm.names));
    return childPath(home, LONG.slice(dice.oneIn(2) ? digits.length : dice.below(NAME_BYTES_MAX)) + digits);
  }

  #from(list: NodeList): NodeView | null {
    return list.length === 0 ? null : (list.at(this.#dice.below(list.length)) ?? null);
  }
}

/** The same path in `length` characters; slashes that follow each other count as one. */
function padded(path: string, length: number): string {
  return path.length + 2 > length ? path : `./${SLASHES.slice(0, length - 2 - path.length)}${path}`;
}

/** Components of a plain path below the root. */
export function depth(path: string): number {
  let count = 1;
  for (let index = 0; index < path.length; index++) if (path.charCodeAt(index) === 0x2f) count++;
  return count;
}

/** As many `../` as lead from a plain directory path back to the root. */
export function parentsOf(directory: string): string {
  return directory === '.' ? '' : '../'.repeat(depth(directory));
}
