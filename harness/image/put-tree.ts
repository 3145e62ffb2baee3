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
import type { ByteRange, HostCalls } from './host-calls.ts';
import { ImageError } from './image-overlay.ts';
import type { Attributes, FileWriter, ImageEditor, ImageEntry, NodeType } from './image-view.ts';

/** Bytes that are moved at once. */
const PIECE_BYTES = 1 << 20;

/** Pieces of a sparse file that are nothing but zeros stay holes, in units of so many bytes. */
const HOLE_BYTES = 1 << 16;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/** Of so many names extended attributes are asked for together. */
const ASKED_AT_ONCE = 100;

type AskedXattrs = Promise<Awaited<ReturnType<HostCalls['xattrs']>> | Error>;

/** After so many names the editor forgets what it has in memory: inodes and directories of a large tree are many. */
const RELIEVE_EVERY = 2000;

/** Copies files and folders of this machine into an image. What is there already is replaced only with `force`. */
export class PutTree {
  readonly #editor: ImageEditor;
  readonly #watch: CopyWatch;
  readonly #force: boolean;
  readonly #host: HostCalls | null;
  /** One for all files: to make a megabyte anew costs more than to copy a small file. */
  readonly #buffer = Buffer.alloc(PIECE_BYTES);
  /** Where the first name of each file with several was put. */
  readonly #links = new Map<string, string>();

  /** Without `host` extended attributes stay behind, and holes are guessed from zeros. */
  constructor(editor: ImageEditor, watch: CopyWatch, force: boolean, host: HostCalls | null) {
    this.#editor = editor;
    this.#watch = watch;
    this.#force = force;
    this.#host = host;
  }

  /** A folder's contents go into the directory `path`; anything else becomes `path`, or goes into it if it is a directory. */
  async put(source: string, path: string): Promise<void> {
    if (this.#host === null)
      this.#watch.events.onRemark('extended attributes stay behind: there is no python3 to read them with');
    const bytes = Buffer.from(source);
    const found = this.#editor.find(path);
    const name = source.split('/').at(-1) ?? '';
    const isFolder = lstatSync(bytes).isDirectory();
    const into = !isFolder && found?.type === 'directory' && name !== '';
    await this.#copy(bytes, into ? joined(path, nameText(Buffer.from(name))) : path, this.#xattrsOf(bytes));
  }

  /** Asks for them; whoever waits for the answer is told what went wrong. */
  #xattrsOf(source: Buffer): AskedXattrs {
    return this.#host === null ? Promise.resolve([]) : settled(this.#host.xattrs(source));
  }

  async #copy(source: Buffer, path: string, xattrs: AskedXattrs): Promise<void> {
    if (this.#watch.stopped) return;
    const stat = lstatSync(source, { bigint: true });
    try {
      if (stat.isDirectory()) await this.#directory(source, path, stat, xattrs);
      else await this.#entry(source, path, stat, xattrs);
    } catch (error) {
      // Without space, or with a damaged image, the rest would fail, too.
      if (!isSystemError(error)) throw error;
      this.#watch.leave(source.toString(), error.message);
    }
    if (++this.#watch.entries % RELIEVE_EVERY === 0) this.#editor.relieve();
    await this.#watch.turn();
  }

  async #directory(source: Buffer, path: string, stat: BigIntStats, xattrs: AskedXattrs): Promise<void> {
    const found = this.#editor.find(path);
    if (found !== null && found.type !== 'directory') this.#replace(path, found);
    const made = found?.type !== 'directory';
    if (made) this.#editor.makeDirectory(path);
    const names = readdirSync(source, { encoding: 'buffer' });
    for (let from = 0; from < names.length && !this.#watch.stopped; from += ASKED_AT_ONCE) {
      const some = names.slice(from, from + ASKED_AT_ONCE).map((name) => {
        const below = Buffer.concat([source, Buffer.from('/'), name]);
        return { below, path: joined(path, nameText(name)), xattrs: this.#xattrsOf(below) };
      });
      for (const one of some) await this.#copy(one.below, one.path, one.xattrs);
    }
    // Last, for every name that was made in it moved its times.
    if (made) await this.#setAttributes(source, path, stat, xattrs);
  }

  async #entry(source: Buffer, path: string, stat: BigIntStats, xattrs: AskedXattrs): Promise<void> {
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
    await this.#setAttributes(source, path, stat, xattrs);
  }

  /** Extended attributes last: an access list goes with the mode, and a new owner takes capabilities away. */
  async #setAttributes(source: Buffer, path: string, stat: BigIntStats, xattrs: AskedXattrs): Promise<void> {
    this.#editor.setAttributes(path, attributesOf(stat));
    const found = await xattrs;
    if (found instanceof Error) throw found;
    for (const { name, value } of found) {
      try {
        if (value === null) throw new ImageError('it may not be read');
        this.#editor.setXattr(path, { name, value });
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        this.#watch.leave(source.toString(), `its attribute ${name}: ${error.message}`);
      }
    }
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
      const sparse = stat.blocks * 512n < stat.size;
      const known = sparse && this.#host !== null ? await this.#host.dataRanges(source) : null;
      const writer = this.#editor.makeFile(path);
      let end = 0;
      try {
        for (const range of known ?? [{ start: 0, end: Infinity }]) {
          end = await this.#range(file, range, writer, sparse && known === null);
          if (this.#watch.stopped) break;
        }
      } finally {
        // What grows or shrinks meanwhile is as long as what was read of it; a hole at the end is not read.
        writer.finish(known === null || this.#watch.stopped ? end : Math.max(end, Number(stat.size)));
      }
    } finally {
      closeSync(file);
    }
  }

  /** Copies a range as far as the file goes; answers where that was. */
  async #range(file: number, range: ByteRange, writer: FileWriter, skipZeros: boolean): Promise<number> {
    const buffer = this.#buffer;
    let offset = range.start;
    while (offset < range.end && !this.#watch.stopped) {
      const count = readSync(file, buffer, 0, Math.min(buffer.length, range.end - offset), offset);
      if (count === 0) break;
      const pieces = skipZeros ? dataIn(buffer.subarray(0, count)) : [{ start: 0, end: count }];
      for (const { start, end } of pieces) writer.write(offset + start, buffer.subarray(start, end));
      offset += count;
      this.#watch.bytes += count;
      await this.#watch.turn();
    }
    return offset;
  }
}

/** A failure becomes a value: nobody may be waiting for it yet. */
const settled = <T>(promise: Promise<T>): Promise<T | Error> =>
  promise.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

/** The ranges of a piece that are not zeros, as far as whole units are. */
function* dataIn(piece: Buffer): Generator<ByteRange> {
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
