import { Failure, type FileSystem, type Sleepable } from '../../../impl/index.ts';
import type { Handle, MappingName, Operation, Outcome } from '../../../model/index.ts';
import { contentBytes } from '../../content.ts';
import { changedFlagBits } from '../../inode-flag-bits.ts';
import { TargetUnavailable } from '../../target.ts';
import { counted, data, DONE, sortedEntries, statOutcome, success } from '../typescript/outcomes.ts';
import { vectorOf } from '../typescript/transfer-operations.ts';
import { xattrBytes } from '../xattr-value.ts';

/** A descriptor that no open ever made: the system call must answer EBADF. */
const NO_DESCRIPTOR = -1;

/** The operations of the vocabulary as coroutines over one mount, for as many tasks as there are. */
export class CallTable {
  readonly #fs: FileSystem;
  readonly #descriptors = new Map<Handle, number>();
  readonly #mappings = new Map<MappingName, number>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** The operation, not yet run. What a system call may answer is its outcome; anything else is thrown. */
  *perform(operation: Operation): Sleepable<Outcome> {
    try {
      return yield* this.#perform(operation);
    } catch (error) {
      if (error instanceof Failure) return { ok: false, errno: error.errno };
      throw error;
    }
  }

  closeAll(): void {
    for (const mapping of this.#mappings.values()) this.#fs.munmap(mapping);
    this.#mappings.clear();
    for (const fd of this.#descriptors.values()) this.#fs.close(fd);
    this.#descriptors.clear();
  }

  #fd(handle: Handle): number {
    return this.#descriptors.get(handle) ?? NO_DESCRIPTOR;
  }

  *#perform(operation: Operation): Sleepable<Outcome> {
    const { calls } = this.#fs;
    switch (operation.op) {
      case 'open': {
        const { as: handle, path, access, flags, mode } = operation;
        if (this.#descriptors.has(handle)) return { ok: false, errno: 'EBADF' };
        this.#descriptors.set(handle, yield* calls.open(path, { access, ...flags }, mode));
        return DONE;
      }
      case 'close':
        yield* calls.close(this.#fd(operation.handle));
        this.#descriptors.delete(operation.handle);
        return DONE;
      case 'pread': {
        const buffer = new Uint8Array(operation.length);
        const { handle, offset } = operation;
        return data(buffer, yield* calls.pread(this.#fd(handle), buffer, offset, vectorOf(operation)));
      }
      case 'write': {
        const bytes = contentBytes(operation.content);
        return counted(yield* calls.write(this.#fd(operation.handle), bytes, vectorOf(operation)));
      }
      case 'pwrite': {
        const bytes = contentBytes(operation.content);
        const { handle, offset } = operation;
        return counted(yield* calls.pwrite(this.#fd(handle), bytes, offset, vectorOf(operation)));
      }
      case 'ftruncate':
        yield* calls.ftruncate(this.#fd(operation.handle), operation.size);
        return DONE;
      case 'fsync':
      case 'fdatasync':
        yield* calls[operation.op](this.#fd(operation.handle));
        return DONE;
      case 'sync':
        yield* calls.sync();
        return DONE;
      case 'drop-caches':
        yield* calls.dropCaches(operation.what);
        return DONE;
      case 'readahead':
      case 'fadvise':
      case 'sync-file-range':
      case 'syncfs':
      case 'reclaim':
      case 'writeback':
        yield* this.#performOnCache(operation);
        return DONE;
      case 'fstat':
        return statOutcome(this.#fs.fstat(this.#fd(operation.handle)));
      case 'fallocate': {
        const { handle, mode, offset, length } = operation;
        yield* calls.fallocate(this.#fd(handle), mode, offset, length);
        return DONE;
      }
      case 'mmap':
      case 'munmap':
      case 'store':
      case 'msync':
        return yield* this.#performOnMemory(operation);
      default:
        return yield* this.#performOnNames(operation);
    }
  }

  /** What moves bytes between memory and device, and changes nothing of them. */
  *#performOnCache(
    operation: Extract<
      Operation,
      { op: 'readahead' | 'fadvise' | 'sync-file-range' | 'syncfs' | 'reclaim' | 'writeback' }
    >,
  ): Sleepable<void> {
    const { calls } = this.#fs;
    if (operation.op === 'syncfs') return yield* calls.syncfs(this.#fd(operation.handle));
    const { offset, length } = operation;
    switch (operation.op) {
      case 'readahead':
        return yield* calls.readahead(this.#fd(operation.handle), offset, length);
      case 'fadvise':
        return yield* calls.fadvise(this.#fd(operation.handle), offset, length, operation.advice);
      case 'sync-file-range': {
        const { handle, wait, write } = operation;
        return yield* calls.syncFileRange(this.#fd(handle), offset, length, wait, write);
      }
      case 'reclaim':
      case 'writeback':
        return yield* calls[operation.op](operation.path, offset, length);
    }
  }

  *#performOnMemory(
    operation: Extract<Operation, { op: 'mmap' | 'munmap' | 'store' | 'msync' }>,
  ): Sleepable<Outcome> {
    const { calls } = this.#fs;
    if (operation.op === 'mmap') {
      const { as, handle, offset, length, sharing, access } = operation;
      this.#mappings.set(as, yield* calls.mmap(this.#fd(handle), offset, length, { sharing, access }));
      return DONE;
    }
    const mapping = this.#mappings.get(operation.mapping) ?? NO_DESCRIPTOR;
    switch (operation.op) {
      case 'store':
        return counted(yield* calls.store(mapping, operation.offset, contentBytes(operation.content)));
      case 'msync':
        yield* calls.msync(mapping, operation.offset, operation.length, operation.mode);
        return DONE;
      case 'munmap':
        yield* calls.munmap(mapping);
        this.#mappings.delete(operation.mapping);
        return DONE;
    }
  }

  *#performOnNames(operation: Operation): Sleepable<Outcome> {
    const { calls } = this.#fs;
    switch (operation.op) {
      case 'mkdir':
        yield* calls.mkdir(operation.path, operation.mode);
        return DONE;
      case 'truncate':
        yield* calls.truncate(operation.path, operation.size);
        return DONE;
      case 'unlink':
      case 'rmdir':
        yield* calls[operation.op](operation.path);
        return DONE;
      case 'link':
        yield* calls.link(operation.from, operation.to);
        return DONE;
      case 'rename':
        yield* calls.rename(operation.from, operation.to);
        return DONE;
      case 'symlink':
        yield* calls.symlink(operation.target, operation.path);
        return DONE;
      case 'chmod':
        yield* calls.chmod(operation.path, operation.mode);
        return DONE;
      case 'chattr':
      case 'setxattr':
      case 'getxattr':
      case 'removexattr':
        return yield* this.#performOnAttributes(operation);
      case 'stat':
        return statOutcome(yield* calls.stat(operation.path));
      case 'readdir':
        return success({ kind: 'entries', entries: sortedEntries(yield* calls.readdir(operation.path)) });
      default:
        throw new TargetUnavailable(`${operation.op} is not among the operations of a race`);
    }
  }

  *#performOnAttributes(
    operation: Extract<Operation, { op: 'chattr' | 'setxattr' | 'getxattr' | 'removexattr' }>,
  ): Sleepable<Outcome> {
    const { calls } = this.#fs;
    const { path } = operation;
    if (operation.op === 'chattr') {
      const fd = yield* calls.open(path, { access: 'read' }, 0);
      try {
        yield* calls.setFlags(fd, changedFlagBits(this.#fs.getFlags(fd), operation));
      } finally {
        yield* calls.close(fd);
      }
      return DONE;
    }
    const { name, nofollow = false } = operation;
    switch (operation.op) {
      case 'setxattr': {
        const { value, flag } = operation;
        const flags = { nofollow, create: flag === 'create', replace: flag === 'replace' };
        yield* calls.setxattr(path, name, xattrBytes(value), flags);
        return DONE;
      }
      case 'getxattr':
        return success({ kind: 'data', bytes: yield* calls.getxattr(path, name, !nofollow) });
      case 'removexattr':
        yield* calls.removexattr(path, name, !nofollow);
        return DONE;
    }
  }
}
