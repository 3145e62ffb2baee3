import { FAULTS, Failure, FolioPool, MemoryDisk, mkfs, mount, type FileSystem } from '../../impl/index.ts';
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
    if (finding === null) return null;
    return `${finding.structure}: ${finding.field} is ${finding.found}, expected ${finding.expected}`;
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
