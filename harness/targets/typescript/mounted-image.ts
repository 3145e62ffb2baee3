import { Failure, type FileSystem } from '../../../generated/impl/index.ts';
import { saysDamage } from '../../damage-errno.ts';
import { ImageError } from '../../image/image-overlay.ts';
import type { FilePiece, ImageEntry, ImageFacts, ImageView, MappedRun } from '../../image/image-view.ts';
import { findingText } from './finding-text.ts';
import { errnoText } from './image-errors.ts';
import { imageFacts } from './image-facts.ts';
import { mappedRuns } from './mapped-runs.ts';
import { sortedEntries } from './outcomes.ts';

/** Bytes that are read at once, and after how many of them the page cache is emptied. */
const PIECE_BYTES = 1 << 20;
const CACHED_PIECES_MAX = 32;

/** A mounted image, to be looked into. */
export class MountedImage implements ImageView {
  protected readonly fs: FileSystem;

  constructor(fs: FileSystem) {
    this.fs = fs;
  }

  facts(): ImageFacts {
    return imageFacts(this.fs);
  }

  entry(path: string): ImageEntry {
    return this.ask(path, () => {
      const { type, mode, links, uid, gid, size, atime, mtime, ino, device = null } = this.fs.lstat(path);
      const target = type === 'symlink' ? this.fs.readlink(path) : null;
      return { type, mode, links, uid, gid, size, atime, mtime, ino, device, target };
    });
  }

  names(path: string): string[] {
    return this.ask(path, () => sortedEntries(this.fs.readdir(path)).map(({ name }) => name));
  }

  *content(path: string): Generator<Uint8Array> {
    const { type } = this.ask(path, () => this.fs.stat(path));
    if (type !== 'file') throw new ImageError(`${path} is a ${type}, not a file`);
    for (const { bytes } of this.#read(path, [{ start: 0, end: Infinity }])) yield bytes;
  }

  *pieces(path: string): Generator<FilePiece> {
    const { size } = this.entry(path);
    const { blockSize } = this.fs.sb.geometry;
    const runs = this.map(path).filter(({ state }) => state !== 'unwritten');
    const ranges = runs.map(({ logical, length }) => ({
      start: logical * blockSize,
      end: Math.min(size, (logical + length) * blockSize),
    }));
    yield* this.#read(path, ranges);
  }

  map(path: string): readonly MappedRun[] {
    return this.ask(path, () => mappedRuns(this.fs, path));
  }

  xattrNames(path: string): string[] {
    return this.ask(path, () => this.fs.listxattr(path, { nofollow: true }));
  }

  xattr(path: string, name: string): Uint8Array {
    return this.ask(path, () => this.fs.getxattr(path, name, { nofollow: true }));
  }

  /** The bytes of a file in these ranges, piece by piece; stops early at its end. */
  *#read(
    path: string,
    ranges: Iterable<{ readonly start: number; readonly end: number }>,
  ): Generator<FilePiece> {
    const fd = this.ask(path, () => this.fs.open(path, { access: 'read' }));
    let pieces = 0;
    try {
      for (const { start, end } of ranges) {
        for (let offset = start; offset < end;) {
          const bytes = new Uint8Array(Math.min(PIECE_BYTES, end - offset));
          const count = this.ask(path, () => this.fs.pread(fd, bytes, offset));
          if (count === 0) break;
          yield { offset, bytes: bytes.subarray(0, count) };
          offset += count;
          if (++pieces % CACHED_PIECES_MAX === 0) this.fs.dropCaches();
        }
      }
    } finally {
      this.fs.close(fd);
    }
  }

  /** Asks the file system; what it refuses becomes an ImageError with the path in it. */
  protected ask<T>(path: string, question: () => T): T {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { corruption } = this.fs;
      const found = saysDamage(error.errno) && corruption !== null ? `: ${findingText(corruption)}` : '';
      throw new ImageError(`${path}: ${errnoText(error.errno)}${found}`);
    }
  }
}
