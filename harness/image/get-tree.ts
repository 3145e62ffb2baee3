import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  linkSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  chmodSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { nameBytes } from '../targets/typescript/file-names.ts';
import type { CopyWatch } from './copy-watch.ts';
import type { HostCalls } from './host-calls.ts';
import { ImageError } from './image-overlay.ts';
import type { ImageEntry, ImageView, NodeType } from './image-view.ts';
import { isSystemError } from './put-tree.ts';

/** O_EXCL makes a new file; neither it nor O_NOFOLLOW follows a symbolic link, whoever made it. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** So many calls of the host may be under way. */
const ASKED_MAX = 200;

/** Permissions until the contents are there, and whoever owns them is set. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

const SPECIAL_BITS = 0o6000;

/**
 * Copies what is in an image to this machine, into one folder and nowhere else. An image may come from an enemy: a name
 * that is no name is left out, a directory that was seen before is not entered again, and nothing is written through a
 * symbolic link.
 */
export class GetTree {
  readonly #view: ImageView;
  readonly #watch: CopyWatch;
  readonly #force: boolean;
  readonly #host: HostCalls | null;
  readonly #isRoot = process.getuid?.() === 0;
  readonly #directories = new Set<number>();
  readonly #links = new Map<number, Buffer>();
  /** What the host was asked for and has not answered. */
  readonly #asked: Promise<void>[] = [];

  /** Without `host` neither extended attributes nor nodes can be made, and times lose their nanoseconds. */
  constructor(view: ImageView, watch: CopyWatch, force: boolean, host: HostCalls | null) {
    this.#view = view;
    this.#watch = watch;
    this.#force = force;
    this.#host = host;
  }

  /** What stands at `path` becomes `target`; a directory's contents go into it. */
  async get(path: string, target: string): Promise<void> {
    try {
      await this.#copy(path, Buffer.from(target), true);
    } finally {
      await this.#settle();
    }
  }

  async #copy(path: string, target: Buffer, top: boolean): Promise<void> {
    if (this.#watch.stopped) return;
    try {
      const entry = this.#view.entry(path);
      if (entry.type === 'directory') await this.#directory(path, target, entry);
      else await this.#entry(path, target, entry);
    } catch (error) {
      if (top || !(error instanceof ImageError || isSystemError(error))) throw error;
      this.#watch.leave(path, error.message);
    }
    this.#watch.entries++;
    await this.#watch.turn();
  }

  async #directory(path: string, target: Buffer, entry: ImageEntry): Promise<void> {
    if (this.#directories.has(entry.ino)) throw new ImageError(`${path}: this directory was met before`);
    this.#directories.add(entry.ino);
    const made = this.#makeFolder(target);
    for (const name of this.#view.names(path)) {
      const below = path.endsWith('/') ? `${path}${name}` : `${path}/${name}`;
      if (isName(name))
        await this.#copy(below, Buffer.concat([target, Buffer.from('/'), nameBytes(name)]), false);
      else this.#watch.leave(below, 'no name that a file can have');
    }
    if (!made) return;
    // What is still to be done in it may need rights that it is about to lose.
    await this.#settle();
    this.#setOwnerAndMode(target, entry);
    await this.#finish(path, target, entry);
  }

  /** Answers whether it was made. Another folder is taken with `force` only; a symbolic link to one never is. */
  #makeFolder(target: Buffer): boolean {
    const found = lstatSync(target, { throwIfNoEntry: false });
    if (found === undefined) {
      mkdirSync(target, PRIVATE_FOLDER);
      return true;
    }
    if (!found.isDirectory() || !this.#force)
      throw new ImageError(`${target.toString()}: ${thereAlready(found)}`);
    return false;
  }

  async #entry(path: string, target: Buffer, entry: ImageEntry): Promise<void> {
    const found = lstatSync(target, { throwIfNoEntry: false });
    if (found !== undefined) {
      if (!this.#force || found.isDirectory())
        throw new ImageError(`${target.toString()}: ${thereAlready(found)}`);
      unlinkSync(target);
    }
    const first = entry.links > 1 ? this.#links.get(entry.ino) : undefined;
    if (first !== undefined) {
      linkSync(first, target);
      return;
    }
    if (entry.type === 'file') await this.#file(path, target, entry);
    else if (entry.type === 'symlink') this.#symlink(target, entry);
    else await this.#node(path, target, entry);
    if (entry.links > 1) this.#links.set(entry.ino, target);
    await this.#finish(path, target, entry);
  }

  /** Extended attributes, which the mode and the owner would change, and at the very end the times. */
  async #finish(path: string, target: Buffer, entry: ImageEntry): Promise<void> {
    for (const name of this.#view.xattrNames(path)) {
      const leave = (error: unknown): void => this.#leave(path, `its attribute ${name}: `, error);
      try {
        if (this.#host === null) throw new ImageError('there is no python3 to set it with');
        const value = this.#view.xattr(path, name);
        this.#asked.push(this.#host.setXattr(target, { name, value }).catch(leave));
      } catch (error) {
        leave(error);
      }
    }
    const { atime, mtime } = entry;
    if (this.#host === null) lutimesSync(target, secondsOf(atime), secondsOf(mtime));
    else {
      const leave = (error: unknown): void => this.#leave(path, 'its times: ', error);
      this.#asked.push(this.#host.setTimes(target, atime, mtime).catch(leave));
    }
    if (this.#asked.length >= ASKED_MAX) await this.#settle();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#asked.splice(0));
  }

  #leave(path: string, what: string, error: unknown): void {
    if (!(error instanceof ImageError || isSystemError(error))) throw error;
    this.#watch.leave(path, `${what}${error.message}`);
  }

  async #node(path: string, target: Buffer, entry: ImageEntry): Promise<void> {
    const { type, device } = entry;
    if (!isNodeType(type)) throw new ImageError(`${path}: nothing is known of a ${type}`);
    if (this.#host === null) throw new ImageError(`${path}: there is no python3 to make a ${type} with`);
    await this.#host.mknod(target, type, device);
    this.#setOwnerAndMode(target, entry);
  }

  async #file(path: string, target: Buffer, entry: ImageEntry): Promise<void> {
    const file = openSync(target, NEW_FILE, PRIVATE_FILE);
    try {
      for (const { offset, bytes } of this.#view.pieces(path)) {
        if (this.#watch.stopped) return;
        for (let done = 0; done < bytes.length;)
          done += writeSync(file, bytes, done, bytes.length - done, offset + done);
        this.#watch.bytes += bytes.length;
        await this.#watch.turn();
      }
      ftruncateSync(file, entry.size);
      if (this.#isRoot) fchownSync(file, entry.uid, entry.gid);
      fchmodSync(file, this.#modeOf(entry));
    } finally {
      closeSync(file);
    }
  }

  #symlink(target: Buffer, entry: ImageEntry): void {
    symlinkSync(Buffer.from(nameBytes(entry.target ?? '')), target);
    if (this.#isRoot) lchownSync(target, entry.uid, entry.gid);
  }

  /** Of a folder or node that was made here: no symbolic link can stand in its place. */
  #setOwnerAndMode(target: Buffer, entry: ImageEntry): void {
    if (this.#isRoot) lchownSync(target, entry.uid, entry.gid);
    chmodSync(target, this.#modeOf(entry));
  }

  /** Whoever cannot give a file to its owner must not make one that runs as himself. */
  #modeOf({ mode }: ImageEntry): number {
    return this.#isRoot ? mode : mode & ~SPECIAL_BITS;
  }
}

const isNodeType = (type: string): type is NodeType =>
  type === 'fifo' || type === 'socket' || type === 'character-device' || type === 'block-device';

const isName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !name.includes('/') && !name.includes('\0');

const thereAlready = (found: { isDirectory(): boolean }): string =>
  found.isDirectory()
    ? 'this folder is there already (--force goes into it)'
    : 'it is there already (--force replaces it)';

const secondsOf = ({ seconds, nanoseconds }: ImageEntry['mtime']): number => seconds + nanoseconds / 1e9;
