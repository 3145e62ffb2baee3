import {
  Corruption,
  EXT4_ERROR_FS,
  EXT4_VALID_FS,
  Failure,
  featureNames,
  mount,
  MountRefused,
  SECTOR_BYTES,
  type BlockDevice,
  type Errno,
  type FileSystem,
  type Finding,
} from '../../../impl/index.ts';
import { ImageError, type ImageOverlay } from '../../image-overlay.ts';
import type { ImageEntry, ImageFacts, ImageView } from '../../image-view.ts';
import { findingText } from './finding-text.ts';
import { sortedEntries } from './outcomes.ts';

/** Looks into an ext4 image that somebody made; the image itself is not changed. Throws ImageError. */
export function viewImage(overlay: ImageOverlay): ImageView {
  try {
    return new TypescriptView(
      mount(deviceOver(overlay), { readOnly: true, atime: 'noatime', errors: 'continue' }),
    );
  } catch (error) {
    if (error instanceof MountRefused) throw new ImageError(error.message);
    if (error instanceof Corruption) throw new ImageError(mountProblem(error.finding));
    if (error instanceof Failure) throw new ImageError(`cannot be mounted: ${errnoText(error.errno)}`);
    throw error;
  }
}

/** A few findings are the user's mistakes rather than a damaged disk. */
function mountProblem(finding: Finding): string {
  const text = findingText(finding);
  if (finding.structure === 'device' || finding.field === 'magic') return `not an ext4 image: ${text}`;
  if (finding.field === 'logClusterSize') return `damaged, or made with bigalloc: ${text}`;
  if (finding.field === 'blocksCount') return `damaged, or cut short: ${text}`;
  return `damaged: ${text}`;
}

const deviceOver = (overlay: ImageOverlay): BlockDevice => ({
  sectors: Math.floor(overlay.sizeBytes / SECTOR_BYTES),
  submit({ direction, sector, segments }, endIo) {
    let offset = sector * SECTOR_BYTES;
    for (const segment of segments) {
      const inside = offset + segment.length <= overlay.sizeBytes;
      if (!inside || !overlay[direction](offset, segment)) {
        endIo('EIO');
        return;
      }
      offset += segment.length;
    }
    endIo(null);
  },
});

/** Bytes that are read at once, and after how many of them the page cache is emptied. */
const PIECE_BYTES = 1 << 20;
const CACHED_PIECES_MAX = 32;

class TypescriptView implements ImageView {
  readonly #fs: FileSystem;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  facts(): ImageFacts {
    const { raw, features, geometry, journal } = this.#fs.sb;
    const { blocksFree, inodesFree } = this.#fs.statfs();
    const incompat = featureNames('I', features.incompat);
    return {
      label: textUpToNul(raw.volumeName),
      uuid: uuidText(raw.uuid),
      features: [...featureNames('C', features.compat), ...incompat, ...featureNames('R', features.roCompat)],
      state:
        ((raw.state & EXT4_VALID_FS) === 0 ? 'not clean' : 'clean') +
        ((raw.state & EXT4_ERROR_FS) === 0 ? '' : ' with errors'),
      recovered: incompat.includes('needs_recovery'),
      blockSize: geometry.blockSize,
      blocks: geometry.blocks,
      blocksFree,
      inodes: geometry.inodes,
      inodesFree,
      journalBlocks: journal.lengthBlocks,
    };
  }

  entry(path: string): ImageEntry {
    return this.#ask(path, () => {
      const { type, mode, links, uid, gid, size, mtime } = this.#fs.lstat(path);
      const target = type === 'symlink' ? this.#fs.readlink(path) : null;
      return { type, mode, links, uid, gid, size, mtime, target };
    });
  }

  names(path: string): string[] {
    return this.#ask(path, () => sortedEntries(this.#fs.readdir(path)).map(({ name }) => name));
  }

  *content(path: string): Generator<Uint8Array> {
    const { type } = this.#ask(path, () => this.#fs.stat(path));
    if (type !== 'file') throw new ImageError(`${path} is a ${type}, not a file`);
    const fd = this.#ask(path, () => this.#fs.open(path, { access: 'read' }));
    for (let pieces = 1; ; pieces++) {
      const piece = new Uint8Array(PIECE_BYTES);
      const count = this.#ask(path, () => this.#fs.read(fd, piece));
      if (count === 0) break;
      yield piece.subarray(0, count);
      if (pieces % CACHED_PIECES_MAX === 0) this.#fs.dropCaches();
    }
    this.#fs.close(fd);
  }

  #ask<T>(path: string, question: () => T): T {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { corruption } = this.#fs;
      const found = error.errno === 'EUCLEAN' && corruption !== null ? `: ${findingText(corruption)}` : '';
      throw new ImageError(`${path}: ${errnoText(error.errno)}${found}`);
    }
  }
}

/** The words of strerror(3) for what looking into an image can meet. */
const ERRNO_WORDS: Readonly<Partial<Record<Errno, string>>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the image cannot be read',
  EUCLEAN: 'the image is damaged',
};

function errnoText(errno: Errno): string {
  const words = ERRNO_WORDS[errno];
  return words === undefined ? errno : `${words} (${errno})`;
}

function textUpToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
