import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs';
import type { Timestamp } from '../../model/index.ts';
import { nameText } from '../targets/typescript/file-names.ts';
import type { CopyWatch } from './copy-watch.ts';
import { ImageError } from './image-overlay.ts';
import type { Attributes, ImageEditor, ImageEntry, NodeType } from './image-view.ts';

/** Bytes that are moved at once. */
const PIECE_BYTES = 1 << 20;

/** Pieces of a sparse file that are nothing but zeros stay holes, in units of so many bytes. */
const HOLE_BYTES = 1 << 16;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/** After so many names the editor forgets what it has in memory: inodes and directories of a large tree are many. */
const RELIEVE_EVERY = 2000;

/** Copies files and folders of this machine into an image. What is there already is replaced only with `force`. */
export class PutTree {
  readonly #editor: ImageEditor;
  readonly #watch: CopyWatch;
  readonly #force: boolean;
  /** Where the first name of each file with several was put. */
  readonly #links = new Map<string, string>();

  constructor(editor: ImageEditor, watch: CopyWatch, force: boolean) {
    this.#editor = editor;
    this.#watch = watch;
    this.#force = force;
  }

  /** A folder's contents go into the directory `path`; anything else becomes `path`, or goes into it if it is a directory. */
  async put(source: string, path: string): Promise<void> {
    const bytes = Buffer.from(source);
    const found = this.#editor.find(path);
    const name = source.split('/').at(-1) ?? '';
    const isFolder = lstatSync(bytes).isDirectory();
    const into = !isFolder && found?.type === 'directory' && name !== '';
    await this.#copy(bytes, into ? joined(path, nameText(Buffer.from(name))) : path);
  }

  async #copy(source: Buffer, path: string): Promise<void> {
    if (this.#watch.stopped) return;
    const stat = lstatSync(source, { bigint: true });
    try {
      if (stat.isDirectory()) await this.#directory(source, path, stat);
      else await this.#entry(source, path, stat);
    } catch (error) {
      // Without space, or with a damaged image, the rest would fail, too.
      if (!isSystemError(error)) throw error;
      this.#watch.leave(source.toString(), error.message);
    }
    if (++this.#watch.entries % RELIEVE_EVERY === 0) this.#editor.relieve();
    await this.#watch.turn();
  }

  async #directory(source: Buffer, path: string, stat: BigIntStats): Promise<void> {
    const found = this.#editor.find(path);
    if (found !== null && found.type !== 'directory') this.#replace(path, found);
    const made = found?.type !== 'directory';
    if (made) this.#editor.makeDirectory(path);
    for (const name of readdirSync(source, { encoding: 'buffer' })) {
      await this.#copy(Buffer.concat([source, Buffer.from('/'), name]), joined(path, nameText(name)));
    }
    // Last, for every name that was made in it moved its times.
    if (made) this.#editor.setAttributes(path, attributesOf(stat));
  }

  async #entry(source: Buffer, path: string, stat: BigIntStats): Promise<void> {
    const found = this.#editor.find(path);
    if (found !== null) this.#replace(path, found);
    const key = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1n ? this.#links.get(key) : undefined;
    if (first !== undefined) {
      this.#editor.makeLink(first, path);
      return;
    }
    if (stat.nlink > 1n) this.#links.set(key, path);
    if (stat.isFile()) await this.#file(source, path, stat);
    else if (stat.isSymbolicLink())
      this.#editor.makeSymlink(path, nameText(readlinkSync(source, { encoding: 'buffer' })));
    else this.#editor.makeNode(path, nodeType(stat), deviceOf(stat.rdev));
    this.#editor.setAttributes(path, attributesOf(stat));
  }

  #replace(path: string, found: ImageEntry): void {
    if (!this.#force) throw new ImageError(`${path}: it is there already (--force replaces it)`);
    if (found.type === 'directory')
      throw new ImageError(`${path}: a directory is not replaced by something else`);
    this.#editor.remove(path);
  }

  async #file(source: Buffer, path: string, stat: BigIntStats): Promise<void> {
    const file = openSync(source, 'r');
    try {
      const writer = this.#editor.makeFile(path);
      const sparse = stat.blocks * 512n < stat.size;
      const buffer = Buffer.alloc(PIECE_BYTES);
      let offset = 0;
      try {
        for (; !this.#watch.stopped;) {
          const count = readSync(file, buffer, 0, PIECE_BYTES, offset);
          if (count === 0) break;
          for (const { start, end } of sparse
            ? dataIn(buffer.subarray(0, count))
            : [{ start: 0, end: count }])
            writer.write(offset + start, buffer.subarray(start, end));
          offset += count;
          this.#watch.bytes += count;
          await this.#watch.turn();
        }
      } finally {
        writer.finish(offset);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** The ranges of a piece that are not zeros, as far as whole units are. */
function* dataIn(piece: Buffer): Generator<{ readonly start: number; readonly end: number }> {
  for (let start = 0; start < piece.length; start += HOLE_BYTES) {
    const end = Math.min(start + HOLE_BYTES, piece.length);
    if (!piece.subarray(start, end).equals(ZEROS.subarray(0, end - start))) yield { start, end };
  }
}

const joined = (directory: string, name: string): string =>
  directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;

const attributesOf = (stat: BigIntStats): Attributes => ({
  mode: Number(stat.mode & 0o7777n),
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  atime: timestampOf(stat.atimeNs),
  mtime: timestampOf(stat.mtimeNs),
});

function timestampOf(nanoseconds: bigint): Timestamp {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((nanoseconds - rest) / 1_000_000_000n), nanoseconds: Number(rest) };
}

function nodeType(stat: BigIntStats): NodeType {
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  return stat.isCharacterDevice() ? 'character-device' : 'block-device';
}

/** makedev(3) backwards. */
const deviceOf = (device: bigint): { major: number; minor: number } => ({
  major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
  minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn)),
});

export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
