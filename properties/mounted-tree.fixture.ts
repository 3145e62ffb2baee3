import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryEntry, FileType, Operation, Outcome, Timestamp, Value } from '../model/index.ts';
import type { DiskImage, Session } from '../harness/index.ts';

const SECOND = 1_000_000_000n;

const success = (value: Value): Outcome => ({ ok: true, value });

/** A directory of this machine as a session that can be looked at: what inspection of a tree asks, nothing else. */
export class MountedTree implements Session {
  readonly #root: string;
  #file: number | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  apply(operation: Operation): Outcome {
    switch (operation.op) {
      case 'lstat':
        return this.#lstat(operation.path);
      case 'readdir':
        return success({ kind: 'entries', entries: this.#entries(operation.path) });
      case 'readlink':
        return success({ kind: 'text', text: readlinkSync(this.#at(operation.path)) });
      case 'open':
        this.#file = openSync(this.#at(operation.path), 'r');
        return success({ kind: 'done' });
      case 'pread': {
        const bytes = new Uint8Array(operation.length);
        const count = readSync(this.#file ?? -1, bytes, 0, bytes.length, operation.offset);
        return success({ kind: 'data', bytes: bytes.subarray(0, count) });
      }
      case 'close':
        closeSync(this.#file ?? -1);
        return success({ kind: 'done' });
      default:
        throw new Error(`a mounted tree is only looked at, not changed by ${operation.op}`);
    }
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  #lstat(path: string): Outcome {
    const found = lstatSync(this.#at(path), { bigint: true });
    const type = typeOf(lstatSync(this.#at(path)));
    // Before 1970 the seconds are negative, and the nanoseconds still go forward.
    const time = (all: bigint): Timestamp => {
      const nanoseconds = ((all % SECOND) + SECOND) % SECOND;
      return { seconds: Number((all - nanoseconds) / SECOND), nanoseconds: Number(nanoseconds) };
    };
    return success({
      kind: 'stat',
      stat: {
        type,
        mode: Number(found.mode) & 0o7777,
        links: Number(found.nlink),
        uid: Number(found.uid),
        gid: Number(found.gid),
        // Directories have no size that anybody may rely on.
        size: type === 'directory' ? 0 : Number(found.size),
        atime: time(found.atimeNs),
        mtime: time(found.mtimeNs),
        ctime: time(found.ctimeNs),
      },
    });
  }

  #entries(path: string): DirectoryEntry[] {
    const named = readdirSync(this.#at(path)).map((name) => ({
      name,
      type: typeOf(lstatSync(join(this.#at(path), name))),
    }));
    return named.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  identity(path: string): number {
    return lstatSync(this.#at(path)).ino;
  }

  space(): never {
    throw new Error('nobody asks a mounted tree for its space');
  }

  closeAll(): void {
    this.#file = null;
  }

  powerCut(): DiskImage {
    throw new Error('a mounted tree has no disk of its own');
  }

  unmount(): DiskImage {
    throw new Error('a mounted tree has no disk of its own');
  }

  abandon(): void {
    this.#file = null;
  }

  complaint(): string | null {
    return null;
  }
}

function typeOf(stats: Stats): FileType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character-device';
  return stats.isBlockDevice() ? 'block-device' : 'file';
}
