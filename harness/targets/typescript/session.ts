import { Failure, FolioPool, type FileSystem, type MemoryDisk } from '../../../generated/impl/index.ts';
import type {
  Credentials,
  Handle,
  Operation,
  Outcome,
  Path,
  SpaceReport,
  Timestamp,
} from '../../../model/index.ts';
import type { MemoryPicture } from '../../memory-picture.ts';
import type { DiskImage, Session } from '../../target.ts';
import { ReadBuffer } from '../read-buffer.ts';
import { SWAP_HEADER } from '../swap-header.ts';
import { findingText } from './finding-text.ts';
import { MemoryOperations } from './memory-operations.ts';
import { performOnMemoryState } from './memory-state-operations.ts';
import { counted, DONE, statOutcome, success } from './outcomes.ts';
import { performOnPath } from './path-operations.ts';
import type { RangeStateCounts } from './range-state-counts.ts';
import { isTransfer, performTransfer } from './transfer-operations.ts';

/** What the sessions of one target share, so that making one costs little. */
export interface SessionMemory {
  /** Buffers that no session uses. */
  readonly reads: ReadBuffer[];
  pool: FolioPool;
  readonly rangeStates: RangeStateCounts;
}

/** A descriptor that no open ever made: the system call must answer EBADF. */
const NO_DESCRIPTOR = -1;

/** One mount of the TypeScript ext4, and the descriptors that its operations have opened. */
export class TypescriptSession implements Session {
  readonly #disk: MemoryDisk;
  readonly #mountAt: (now: Timestamp) => FileSystem;
  readonly #memory: SessionMemory;
  readonly #descriptors = new Map<Handle, number>();
  readonly #memoryOperations = new MemoryOperations();
  /** Its own: a target may have several sessions at once, whose answers are compared with each other. */
  readonly #reads: ReadBuffer;
  #fs: FileSystem;
  /** Whoever the last setcreds named: a remount changes nothing about it. */
  #caller: Credentials | null = null;

  constructor(
    disk: MemoryDisk,
    mountAt: (now: Timestamp) => FileSystem,
    now: Timestamp,
    memory: SessionMemory,
  ) {
    this.#disk = disk;
    this.#mountAt = mountAt;
    this.#memory = memory;
    this.#fs = mountAt(now);
    this.#reads = memory.reads.pop() ?? new ReadBuffer();
  }

  apply(operation: Operation, now: Timestamp): Outcome {
    this.#fs.now = now;
    this.#memory.rangeStates.count(this.#fs, operation, this.#descriptors);
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
    this.#fs.goOn();
    this.#memoryOperations.unmapAll(this.#fs);
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
    this.#memory.pool = FolioPool.used();
  }

  checkInvariants(): void {
    this.#fs.checkInvariants();
  }

  picture(paths: readonly Path[], now: Timestamp): MemoryPicture | null {
    const names = new Map<number, string>();
    for (const path of paths) {
      try {
        names.set(this.identity(path, now), path);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
    const { sb, calls } = this.#fs;
    const { files, ...rest } = sb.scheduler.call('memory picture', () => calls.memoryPicture());
    return { ...rest, files: files.map((file) => ({ name: names.get(file.ino) ?? null, ...file })) };
  }

  complaint(): string | null {
    const finding = this.#fs.corruption;
    return finding === null ? null : findingText(finding);
  }

  readonly #fd = (handle: Handle): number => this.#descriptors.get(handle) ?? NO_DESCRIPTOR;

  #perform(operation: Operation): Outcome {
    const fs = this.#fs;
    if (isTransfer(operation)) return performTransfer(fs, operation, this.#fd, this.#reads);
    switch (operation.op) {
      case 'open':
        return this.#open(operation);
      case 'close':
        fs.close(this.#fd(operation.handle));
        this.#descriptors.delete(operation.handle);
        return DONE;
      case 'seek':
        return counted(fs.seek(this.#fd(operation.handle), operation.offset, operation.whence));
      case 'fallocate':
        fs.fallocate(this.#fd(operation.handle), operation.mode, operation.offset, operation.length);
        return DONE;
      case 'mkswap':
        return counted(fs.pwrite(this.#fd(operation.handle), SWAP_HEADER, 0));
      case 'move-extent': {
        const { handle, donor, offset, donorOffset, length } = operation;
        return counted(fs.moveExtent(this.#fd(handle), this.#fd(donor), { offset, donorOffset, length }));
      }
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
      case 'link-handle':
        fs.linkHandle(this.#fd(operation.handle), operation.to);
        return DONE;
      case 'mmap':
        return this.#memoryOperations.perform(fs, operation, this.#fd(operation.handle), this.#reads);
      case 'munmap':
      case 'load':
      case 'store':
      case 'msync':
        return this.#memoryOperations.perform(fs, operation, NO_DESCRIPTOR, this.#reads);
      case 'setcreds':
        this.#setCaller(operation);
        return DONE;
      case 'sync':
        fs.sync();
        return DONE;
      case 'drop-caches':
      case 'reclaim':
      case 'writeback':
      case 'trim':
      case 'swapon':
      case 'swapoff':
      case 'freeze':
      case 'thaw':
      case 'reconfigure':
        return performOnMemoryState(fs, operation);
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

  #setCaller(caller: Credentials): void {
    this.#caller = caller;
    this.#fs.setCredentials(caller.uid, caller.gid, caller.groups);
  }

  #unmount(): void {
    this.closeAll();
    this.#fs.unmount();
  }

  #remount(): Outcome {
    const { now } = this.#fs;
    this.#unmount();
    this.#fs = this.#mountAt(now);
    if (this.#caller !== null) this.#setCaller(this.#caller);
    return DONE;
  }
}
