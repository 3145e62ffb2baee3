import { execaSync } from 'execa';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { DirectoryEntry, FileType, Operation, Outcome, Timestamp, Value } from '../model/index.ts';
import { flagNamesOf } from '../harness/inode-flag-bits.ts';
import type { DiskImage, Session } from '../harness/index.ts';
import { PYTHON } from '../harness/targets/kernel/performer.ts';

const SECOND = 1_000_000_000n;

/** What Node.js has no calls for: extended attributes, flags and projects of every inode below a directory. */
const ATTRIBUTES = `
import errno, fcntl, json, os, stat, struct, sys
root = os.fsencode(sys.argv[1])
def attributes(path):
    names = os.listxattr(path, follow_symlinks=False)
    found = {"xattrs": {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}}
    if stat.S_IFMT(os.lstat(path).st_mode) in (stat.S_IFREG, stat.S_IFDIR):
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOATIME)
        try:
            found["flags"] = struct.unpack("=l", fcntl.ioctl(file, 0x80086601, b"\\0" * 8)[:4])[0]
            try:
                found["project"] = struct.unpack("=IIIII8x", fcntl.ioctl(file, 0x801C581F, b"\\0" * 28))[3]
            except OSError as error:
                if error.errno not in (errno.ENOTTY, errno.EOPNOTSUPP): raise
                found["project"] = 0
        finally:
            os.close(file)
    return found
every = {".": attributes(root)}
for folder, directories, files in os.walk(root):
    for name in directories + files:
        path = os.path.join(folder, name)
        every[os.fsdecode(os.path.relpath(path, root))] = attributes(path)
json.dump(every, sys.stdout)
`;

interface Attributes {
  readonly xattrs: Readonly<Record<string, string>>;
  readonly flags?: number;
  readonly project?: number;
}

const success = (value: Value): Outcome => ({ ok: true, value });

/** A directory of this machine as a session that can be looked at: what inspection of a tree asks, nothing else. */
export class MountedTree implements Session {
  readonly #root: string;
  #attributes: ReadonlyMap<string, Attributes> | null = null;
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
      case 'listxattr': {
        const names = Object.keys(this.#attributesOf(operation.path).xattrs).sort();
        return success({ kind: 'names', names });
      }
      case 'getxattr': {
        const value = this.#attributesOf(operation.path).xattrs[operation.name];
        if (value === undefined) return { ok: false, errno: 'ENODATA' };
        return success({ kind: 'data', bytes: Uint8Array.from(Buffer.from(value, 'hex')) });
      }
      case 'lsattr': {
        const { flags = 0, project = 0 } = this.#attributesOf(operation.path);
        return success({ kind: 'flags', flags: flagNamesOf(flags), project });
      }
      case 'setcreds':
        // Root looks, and nobody else.
        return success({ kind: 'done' });
      default:
        throw new Error(`a mounted tree is only looked at, not changed by ${operation.op}`);
    }
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  #attributesOf(path: string): Attributes {
    if (this.#attributes === null) {
      const { stdout } = execaSync(PYTHON, ['-c', ATTRIBUTES, this.#root]);
      this.#attributes = new Map(Object.entries(JSON.parse(stdout) as Record<string, Attributes>));
    }
    const found = this.#attributes.get(path);
    if (found === undefined) throw new Error(`nothing is known of ${path}`);
    return found;
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
        ...(type.endsWith('-device') && { device: deviceOf(Number(found.rdev)) }),
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

/** The C library's layout of st_rdev, for numbers that ext4 can hold. */
const deviceOf = (rdev: number): { major: number; minor: number } => ({
  major: (rdev >>> 8) & 0xfff,
  minor: (rdev & 0xff) | (Math.floor(rdev / 2 ** 12) & 0xfff00),
});

function typeOf(stats: Stats): FileType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character-device';
  return stats.isBlockDevice() ? 'block-device' : 'file';
}
