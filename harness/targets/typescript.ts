import {
  Corruption,
  EXT4_ERROR_FS,
  EXT4_VALID_FS,
  FAULTS,
  Failure,
  featureNames,
  FolioPool,
  MemoryDisk,
  mkfs,
  mount,
  MountRefused,
  SECTOR_BYTES,
  type BlockDevice,
  type Errno,
  type FileSystem,
  type Finding,
} from '../../impl/index.ts';
import type {
  DirectoryEntry,
  FileType,
  Handle,
  Operation,
  Outcome,
  Path,
  SpaceReport,
  Stat,
  Timestamp,
  Value,
} from '../../model/index.ts';
import { contentBytes } from '../content.ts';
import { ImageError, type ImageOverlay } from '../image-overlay.ts';
import type { ImageEntry, ImageFacts, ImageView } from '../image-view.ts';
import { BASE_SECONDS, type Setup } from '../setup.ts';
import type { DiskImage, Session, SessionOptions, Target } from '../target.ts';
import { ImageTemplates } from './image-templates.ts';
import { ReadBuffer } from './read-buffer.ts';

/** The bugs that can be planted in the TypeScript ext4, for tests of the harness. */
export const PLANTED_FAULTS: Readonly<Record<string, string>> = FAULTS;

/** Fixed, so that a setup always gives the same image. */
const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);
const HASH_SEED = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + 7 * index);

const TEMPLATES = new ImageTemplates((setup) =>
  mkfs({
    sizeBytes: setup.sizeBytes,
    blockSize: setup.blockSize,
    ...(setup.inodes !== undefined && { inodes: setup.inodes }),
    uuid: UUID,
    hashSeed: HASH_SEED,
    now: BASE_SECONDS,
  }),
);

/** What the sessions of one target share, so that making one costs little. */
interface Memory {
  /** Buffers that no session uses. */
  readonly reads: ReadBuffer[];
  pool: FolioPool;
}

/** The TypeScript ext4, mounted so that regular files use one of its two buffered I/O paths. */
class TypescriptTarget implements Target {
  readonly name: string;
  readonly capabilities = { powerCut: true, images: true };
  readonly #bufferedIomap: boolean;
  readonly #memory: Memory = { reads: [], pool: new FolioPool() };

  constructor(name: string, bufferedIomap: boolean) {
    this.name = name;
    this.#bufferedIomap = bufferedIomap;
  }

  start(setup: Setup, options: SessionOptions): Session {
    return this.#session(TEMPLATES.diskFor(setup), setup, options);
  }

  mount(image: DiskImage, setup: Setup, options: SessionOptions): Session {
    const copy = image.snapshot();
    return this.#session(copy instanceof MemoryDisk ? copy : loaded(copy), setup, options);
  }

  #session(disk: MemoryDisk, setup: Setup, { faults, now }: SessionOptions): Session {
    const bufferedIomap = this.#bufferedIomap;
    const fixed = { ...setup.mount, bufferedIomap, faults: new Set(faults) };
    const mountAt = (time: Timestamp) => mount(disk, { ...fixed, now: time, pool: this.#memory.pool });
    return new TypescriptSession(disk, mountAt, now, this.#memory);
  }
}

/** The in-process targets, made anew: whoever needs them to share nothing makes more. */
export const typescriptTargets = (): readonly Target[] => [
  new TypescriptTarget('impl:buffer_head', false),
  new TypescriptTarget('impl:iomap', true),
];

function loaded(image: DiskImage): MemoryDisk {
  const disk = new MemoryDisk(image.sizeBytes);
  for (const { offset, pages } of image.extents()) {
    let position = offset;
    for (const page of pages) {
      disk.write(position, page);
      position += page.length;
    }
  }
  return disk;
}

const DONE: Outcome = Object.freeze({ ok: true, value: Object.freeze({ kind: 'done' }) });
const success = (value: Value): Outcome => ({ ok: true, value });
const counted = (count: number): Outcome => success({ kind: 'count', count });

/** A descriptor that no open ever made: the system call must answer EBADF. */
const NO_DESCRIPTOR = -1;

class TypescriptSession implements Session {
  readonly #disk: MemoryDisk;
  readonly #mountAt: (now: Timestamp) => FileSystem;
  readonly #memory: Memory;
  readonly #descriptors = new Map<Handle, number>();
  /** Its own: a target may have several sessions at once, whose answers are compared with each other. */
  readonly #reads: ReadBuffer;
  #fs: FileSystem;

  constructor(disk: MemoryDisk, mountAt: (now: Timestamp) => FileSystem, now: Timestamp, memory: Memory) {
    this.#disk = disk;
    this.#mountAt = mountAt;
    this.#memory = memory;
    this.#fs = mountAt(now);
    this.#reads = memory.reads.pop() ?? new ReadBuffer();
  }

  apply(operation: Operation, now: Timestamp): Outcome {
    this.#fs.now = now;
    try {
      return this.#perform(operation);
    } catch (error) {
      if (error instanceof Failure) return { ok: false, errno: error.errno };
      throw error;
    }
  }

  identity(path: Path, now: Timestamp): number {
    this.#fs.now = now;
    return this.#fs.lstat(path).ino;
  }

  space(): SpaceReport {
    const { blockSize, blocks, blocksFree, blocksAvailable, inodes, inodesFree } = this.#fs.statfs();
    return { blockSize, blocks, blocksFree, blocksAvailable, inodes, inodesFree };
  }

  closeAll(): void {
    for (const fd of this.#descriptors.values()) this.#fs.close(fd);
    this.#descriptors.clear();
  }

  powerCut(): DiskImage {
    return this.#disk.snapshot();
  }

  unmount(): DiskImage {
    this.#unmount();
    this.#memory.reads.push(this.#reads);
    return this.#disk;
  }

  abandon(): void {
    // What the broken session took of the pool never comes back.
    this.#memory.pool = new FolioPool();
  }

  complaint(): string | null {
    const finding = this.#fs.corruption;
    return finding === null ? null : findingText(finding);
  }

  #fd(handle: Handle): number {
    return this.#descriptors.get(handle) ?? NO_DESCRIPTOR;
  }

  #perform(operation: Operation): Outcome {
    const fs = this.#fs;
    switch (operation.op) {
      case 'open':
        return this.#open(operation);
      case 'close':
        fs.close(this.#fd(operation.handle));
        this.#descriptors.delete(operation.handle);
        return DONE;
      case 'read': {
        const buffer = this.#reads.take(operation.length);
        return data(buffer, fs.read(this.#fd(operation.handle), buffer));
      }
      case 'pread': {
        const buffer = this.#reads.take(operation.length);
        return data(buffer, fs.pread(this.#fd(operation.handle), buffer, operation.offset));
      }
      case 'write':
        return counted(fs.write(this.#fd(operation.handle), contentBytes(operation.content)));
      case 'pwrite':
        return counted(
          fs.pwrite(this.#fd(operation.handle), contentBytes(operation.content), operation.offset),
        );
      case 'seek':
        return counted(fs.seek(this.#fd(operation.handle), operation.offset, operation.whence));
      case 'ftruncate':
        fs.ftruncate(this.#fd(operation.handle), operation.size);
        return DONE;
      case 'fsync':
        fs.fsync(this.#fd(operation.handle));
        return DONE;
      case 'fdatasync':
        fs.fdatasync(this.#fd(operation.handle));
        return DONE;
      case 'fstat':
        return statOutcome(fs.fstat(this.#fd(operation.handle)));
      case 'sync':
        fs.sync();
        return DONE;
      case 'drop-caches':
        fs.dropCaches();
        return DONE;
      case 'remount':
        return this.#remount();
      case 'statfs':
        return success({ kind: 'space', space: this.space() });
      default:
        return performOnPath(fs, operation);
    }
  }

  /** A name that is in use is refused as the model refuses it: the system call itself has no notion of names. */
  #open({ as: handle, path, access, flags, mode }: Extract<Operation, { op: 'open' }>): Outcome {
    if (this.#descriptors.has(handle)) return { ok: false, errno: 'EBADF' };
    this.#descriptors.set(handle, this.#fs.open(path, { access, ...flags }, mode));
    return DONE;
  }

  #unmount(): void {
    this.closeAll();
    this.#fs.unmount();
  }

  #remount(): Outcome {
    const { now } = this.#fs;
    this.#unmount();
    this.#fs = this.#mountAt(now);
    return DONE;
  }
}

type PathOperation = Extract<Operation, { path: Path } | { from: Path }>;

function performOnPath(fs: FileSystem, operation: Exclude<PathOperation, { op: 'open' }>): Outcome {
  switch (operation.op) {
    case 'readlink':
      return success({ kind: 'text', text: fs.readlink(operation.path) });
    case 'stat':
      return statOutcome(fs.stat(operation.path));
    case 'lstat':
      return statOutcome(fs.lstat(operation.path));
    case 'readdir':
      return success({ kind: 'entries', entries: sortedEntries(fs.readdir(operation.path)) });
    case 'truncate':
      fs.truncate(operation.path, operation.size);
      return DONE;
    case 'mkdir':
      fs.mkdir(operation.path, operation.mode);
      return DONE;
    case 'rmdir':
      fs.rmdir(operation.path);
      return DONE;
    case 'unlink':
      fs.unlink(operation.path);
      return DONE;
    case 'rename':
      fs.rename(operation.from, operation.to);
      return DONE;
    case 'link':
      fs.link(operation.from, operation.to);
      return DONE;
    case 'symlink':
      fs.symlink(operation.target, operation.path);
      return DONE;
    case 'chmod':
      fs.chmod(operation.path, operation.mode);
      return DONE;
    case 'chown':
      fs.chown(operation.path, operation.uid, operation.gid);
      return DONE;
    case 'utimens':
      fs.utimens(operation.path, operation.atime, operation.mtime);
      return DONE;
  }
}

/** A count that no buffer holds is the target's mistake; it is shown as a count and never taken for data. */
function data(buffer: Uint8Array, count: number): Outcome {
  if (count < 0 || count > buffer.length) return counted(count);
  return success({ kind: 'data', bytes: count === buffer.length ? buffer : buffer.subarray(0, count) });
}

function statOutcome(stat: ReturnType<FileSystem['stat']>): Outcome {
  const { mode, links, uid, gid, size, atime, mtime, ctime } = stat;
  const type = stat.type as FileType;
  const shown: Stat = {
    type,
    mode,
    links,
    uid,
    gid,
    size: type === 'directory' ? 0 : size,
    atime,
    mtime,
    ctime,
  };
  return success({ kind: 'stat', stat: shown });
}

function sortedEntries(listing: ReturnType<FileSystem['readdir']>): DirectoryEntry[] {
  const entries = listing.map(({ name, type }) => ({ name, type: type as FileType }));
  return entries.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}

const findingText = ({ structure, field, found, expected }: Finding): string =>
  `${structure}: ${field} is ${found}, expected ${expected}`;

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
