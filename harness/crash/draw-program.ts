import {
  PAGE_BYTES,
  type FallocateMode,
  type Handle,
  type OpenFlags,
  type Operation,
  type Path,
  type RwfFlag,
} from '../../model/index.ts';
import type { Dice } from '../generate/dice.ts';
import { hasFeature } from '../format.ts';
import type { Setup } from '../setup.ts';

const OPERATIONS_MIN = 4;
const OPERATIONS_MAX = 22;

const FILES = ['a', 'b', 'c', 'd/a', 'd/b'] as const;

/** Flags that forbid nothing, so that what follows still changes something. */
const FLAGS = ['nodump', 'noatime', 'sync', 'dirsync', 'journalData'] as const;
const KEPT_FLAGS = { immutable: false, append: false } as const;

const DIRECTORIES = ['.', 'd'] as const;

/** What is made in a directory has them, too; the first two have changes of names waited for. */
const HANDED_DOWN = ['dirsync', 'sync', 'journalData'] as const;

/** The root, in some programs: whoever syncs a directory commits all names, and no data. */
const ROOT: Handle = 'fd8';

/** The file by which others are committed: fsync of it commits what runs, and writes no data of theirs. */
const OTHER: Handle = 'fd9';

/**
 * Operations that leave much in flight: few files and blocks, so that things meet; writes that grow files in odd places, ranges that are
 * written out of order, commits in between, and fsync not too often.
 */
export function drawOperations(setup: Setup, dice: Dice): Operation[] {
  const writer = new Writer(setup, dice);
  const count = dice.between(OPERATIONS_MIN, OPERATIONS_MAX);
  writer.begin();
  while (writer.operations.length < count) writer.addSome();
  writer.end();
  return writer.operations;
}

class Writer {
  readonly operations: Operation[] = [];
  readonly #dice: Dice;
  readonly #block: number;
  readonly #extents: boolean;
  readonly #open: { readonly handle: Handle; readonly path: Path; readonly direct: boolean }[] = [];
  readonly #maps: { readonly name: `map${number}`; readonly bytes: number }[] = [];
  /** Bytes: where each file ends, as far as it is known from what was written. Names may have moved meanwhile. */
  readonly #ends = new Map<Path, number>();
  #syncsRoot = false;
  #handles = 0;
  #seed = 0;

  constructor({ blockSize, format }: Setup, dice: Dice) {
    this.#dice = dice;
    this.#block = blockSize;
    this.#extents = hasFeature(format, 'extent');
  }

  begin(): void {
    this.#add({
      op: 'open',
      as: OTHER,
      path: 'other',
      access: 'read-write',
      flags: { create: true },
      mode: 0o600,
    });
    if (this.#dice.oneIn(3)) this.#add({ op: 'mkdir', path: 'd', mode: 0o755 });
    if (this.#dice.oneIn(3)) this.#openRoot();
    if (this.#dice.oneIn(10)) this.#chattrOfDirectory('.', true);
    this.#openFile({ create: true });
    if (this.#dice.oneIn(3)) {
      this.#write();
      this.#add({ op: 'sync' });
    }
  }

  /** What was done last shows only when something brings it to the disk. */
  end(): void {
    if (this.#dice.oneIn(3)) return;
    if (this.#dice.oneIn(2)) this.#commit();
    else this.#sync();
  }

  addSome(): void {
    if (this.#open.length > 0 && this.#dice.oneIn(5)) return this.#scenario();
    const roll = this.#dice.below(100);
    if (this.#open.length === 0 || roll < 8) this.#openFile(this.#drawFlags());
    else if (roll < 34) this.#write();
    else if (roll < 44) this.#sync();
    else if (roll < 52) this.#commit();
    else if (roll < 62) this.#writeOut();
    else if (roll < 70) this.#resize();
    else if (roll < 79) this.#allocate();
    else if (roll < 85) this.#map();
    else if (roll < 92) this.#names();
    else if (roll < 96) this.#changeHands();
    else this.#replace();
  }

  /** What such bugs have needed (bugs.md): a file that is durable, one change of it, and a commit. */
  #scenario(): void {
    const { handle, path, direct } = this.#some();
    if (direct) return this.#writeDirectly();
    const block = this.#block;
    const at = (blocks: number, beside = 0): number => blocks * block + beside;
    this.#pwrite(handle, 0, at(3, block / 2));
    this.#add({ op: 'fsync', handle });
    switch (this.#dice.below(6)) {
      case 0:
        for (let more = this.#dice.between(1, 3); more > 0; more--)
          this.#add({
            op: 'ftruncate',
            handle,
            size: at(this.#dice.below(5), this.#dice.pick([0, 100, block / 2])),
          });
        if (this.#dice.oneIn(3)) this.#add({ op: 'fsync', handle });
        this.#add({ op: 'ftruncate', handle, size: at(5) });
        break;
      case 1:
        this.#add({ op: 'fallocate', handle, mode: 'zero', offset: at(this.#dice.below(3)), length: at(1) });
        break;
      case 2:
        this.#pwrite(handle, at(4), at(3));
        this.#add({ op: 'fallocate', handle, mode: 'punch', offset: at(6), length: at(2) });
        break;
      case 3:
        // What is written past the cache lies below an end that is in memory only.
        this.#pwrite(handle, at(6), at(1));
        this.#writePastCache(path, at(this.#dice.below(6)), at(1));
        break;
      case 4:
        // What is overwritten has its place: no commit waits for it, and only a flush makes it durable.
        this.#pwrite(
          handle,
          at(this.#dice.below(3), this.#dice.pick([0, 100])),
          at(this.#dice.pick([0, 1]), 100),
        );
        break;
      default:
        for (const blocks of [5, 7]) this.#pwrite(handle, at(blocks, 50), 100);
        this.#add({
          op: 'writeback',
          path,
          offset: pageOf(this.#dice.pick([at(3), at(5), at(7)])),
          length: 4096,
        });
    }
    // Somebody else commits it, or its own fsync does, or both at once where the program does not wait.
    const roll = this.#dice.below(3);
    if (roll > 0) this.#commit();
    if (roll !== 1) this.#add({ op: this.#dice.pick(['fsync', 'fsync', 'fdatasync']), handle });
  }

  #writePastCache(path: Path, offset: number, length: number): void {
    const sync = this.#dice.oneIn(2) ? ({ dsync: true } as const) : {};
    const handle = this.#openFile({ create: true, direct: true, ...sync }, path);
    this.#pwrite(handle, offset, length);
  }

  #writeDirectly(): void {
    const handle = this.#openFile({ create: true, direct: true, sync: true });
    const content = { seed: ++this.#seed, length: this.#length(true) };
    this.#add({ op: 'pwrite', handle, offset: this.#place(true), content });
  }

  /** New bytes at a place. */
  #pwrite(handle: Handle, offset: number, length: number): void {
    this.#add({ op: 'pwrite', handle, offset, content: { seed: ++this.#seed, length } });
  }

  #add(operation: Operation): void {
    this.operations.push(operation);
    if (operation.op === 'pwrite') this.#grows(operation.handle, operation.offset + operation.content.length);
    if (operation.op === 'ftruncate') this.#ends.set(this.#pathOf(operation.handle), operation.size);
  }

  #pathOf(handle: Handle): Path {
    return this.#open.find((one) => one.handle === handle)?.path ?? 'other';
  }

  #grows(handle: Handle, end: number): void {
    const path = this.#pathOf(handle);
    this.#ends.set(path, Math.max(end, this.#ends.get(path) ?? 0));
  }

  #some(): { readonly handle: Handle; readonly path: Path; readonly direct: boolean } {
    const found = this.#open[this.#dice.below(this.#open.length)];
    if (found === undefined) throw new Error('no file is open');
    return found;
  }

  #path(): Path {
    return this.#dice.pick(FILES);
  }

  #drawFlags(): OpenFlags {
    const { oneIn } = bound(this.#dice);
    return {
      create: true,
      ...(oneIn(6) && { truncate: true as const }),
      ...(oneIn(5) && { append: true as const }),
      ...(oneIn(6) && { sync: true as const }),
      ...(oneIn(6) && { dsync: true as const }),
      ...(oneIn(4) && { direct: true as const }),
    };
  }

  #openFile(flags: OpenFlags, path = this.#path()): Handle {
    const handle: Handle = `fd${10 + this.#handles++}`;
    this.#add({ op: 'open', as: handle, path, access: 'read-write', flags, mode: 0o644 });
    this.#open.push({ handle, path, direct: flags.direct === true });
    // With nodelalloc its data goes another way from now on, and must be written before.
    if (this.#dice.oneIn(16)) this.#add({ op: 'chattr', path, ...KEPT_FLAGS, journalData: true });
    return handle;
  }

  #openRoot(): void {
    this.#syncsRoot = true;
    this.#add({ op: 'open', as: ROOT, path: '.', access: 'read', flags: { directory: true }, mode: 0 });
  }

  /** A place near an end of a block in the first few. */
  #place(direct: boolean): number {
    const blocks = this.#dice.below(9) * this.#block;
    if (direct) return blocks;
    const beside = this.#dice.pick([0, 0, 1, -1, this.#block / 2, 100]);
    return Math.max(0, blocks + beside);
  }

  #length(direct: boolean): number {
    const blocks = this.#dice.between(1, 3) * this.#block;
    return direct ? blocks : this.#dice.pick([1, 100, this.#block / 4, this.#block, blocks, blocks + 3]);
  }

  #write(): void {
    const { handle, path, direct } = this.#some();
    const content = { seed: ++this.#seed, length: this.#length(direct) };
    const rwf = this.#drawRwf();
    if (this.#dice.oneIn(5)) return this.#add({ op: 'write', handle, content, ...rwf });
    const appends = !direct && this.#dice.oneIn(3);
    const offset = appends ? (this.#ends.get(path) ?? 0) : this.#place(direct);
    this.#add({ op: 'pwrite', handle, offset, content, ...rwf });
  }

  #drawRwf(): { readonly rwf?: readonly RwfFlag[] } {
    return this.#dice.oneIn(8) ? { rwf: [this.#dice.pick(['sync', 'dsync', 'append'])] } : {};
  }

  #sync(): void {
    if (this.#syncsRoot && this.#dice.oneIn(4)) return this.#syncRoot();
    const { handle } = this.#some();
    const roll = this.#dice.below(10);
    if (roll < 5) this.#add({ op: 'fsync', handle });
    else if (roll < 8) this.#add({ op: 'fdatasync', handle });
    else if (roll < 9) this.#add({ op: 'syncfs', handle });
    else this.#add({ op: 'sync' });
  }

  #syncRoot(): void {
    this.#add({ op: this.#dice.oneIn(2) ? 'fsync' : 'fdatasync', handle: ROOT });
  }

  #commit(): void {
    if (this.#syncsRoot && this.#dice.oneIn(3)) return this.#syncRoot();
    this.#pwrite(OTHER, 0, 10);
    this.#add({ op: 'fsync', handle: OTHER });
    // Whoever commits is seldom alone.
    if (this.#open.length > 0 && this.#dice.oneIn(3)) this.#sync();
  }

  #writeOut(): void {
    const { path } = this.#some();
    const offset = this.#dice.below(6) * 4096;
    const length = this.#dice.pick([4096, 4096, 8192, 1 << 20]);
    const roll = this.#dice.below(10);
    if (roll < 8) this.#add({ op: 'writeback', path, offset, length });
    else if (roll < 9) this.#add({ op: 'drop-caches' });
    else this.#add({ op: 'reclaim', path, offset, length });
  }

  /** Ends come in runs: what one of them leaves behind shows when the next one has moved on, before anything was committed. */
  #resize(): void {
    const { handle } = this.#some();
    do this.#add({ op: 'ftruncate', handle, size: this.#place(false) });
    while (this.#dice.percent(60));
    if (this.#dice.oneIn(3)) this.#commit();
  }

  #allocate(): void {
    if (!this.#extents && this.#dice.oneIn(2)) return this.#write();
    const modes: readonly [FallocateMode, ...FallocateMode[]] = [
      'allocate',
      'keep-size',
      'punch',
      'punch',
      'zero',
      'zero-keep-size',
      'collapse',
      'insert',
      'write-zeroes',
    ];
    const mode = this.#dice.pick(modes);
    const aligned = mode === 'collapse' || mode === 'insert';
    const { handle } = this.#some();
    const offset = this.#place(aligned);
    this.#add({ op: 'fallocate', handle, mode, offset, length: this.#length(aligned) });
  }

  #map(): void {
    const map = this.#maps[this.#dice.below(this.#maps.length + 1)];
    if (map === undefined) {
      const name = `map${this.#maps.length}` as const;
      const bytes = this.#dice.pick([4096, 16384]);
      this.#maps.push({ name, bytes });
      const { handle } = this.#some();
      this.#add({
        op: 'mmap',
        as: name,
        handle,
        offset: 0,
        length: bytes,
        sharing: 'shared',
        access: 'read-write',
      });
      return;
    }
    const { name, bytes } = map;
    if (this.#dice.oneIn(4))
      return this.#add({ op: 'msync', mapping: name, offset: 0, length: bytes, mode: 'sync' });
    const offset = this.#dice.below(bytes);
    const content = { seed: ++this.#seed, length: Math.min(bytes - offset, this.#length(false)) };
    this.#add({ op: 'store', mapping: name, offset, content });
  }

  #names(): void {
    const path = this.#path();
    switch (this.#dice.below(11)) {
      case 0:
        return this.#add({ op: 'mkdir', path: this.#dice.pick(['d', 'e']), mode: 0o755 });
      case 1:
        return this.#add({ op: 'link', from: path, to: this.#path() });
      case 2:
      case 3:
        return this.#add({ op: 'unlink', path });
      case 4:
        return this.#add({ op: 'symlink', target: 'a'.repeat(this.#dice.pick([1, 59, 60, 100])), path });
      case 5:
        return this.#add({ op: 'chmod', path, mode: this.#dice.pick([0o600, 0o640, 0o755]) });
      case 6:
        return this.#add({ op: 'rename', from: 'd', to: 'e' });
      case 7:
        return this.#attribute(path);
      case 8:
        return this.#chattr(path);
      case 9:
        return this.#add({ op: 'rmdir', path: this.#dice.pick(['d', 'e']) });
      default:
        return this.#add({ op: 'rename', from: path, to: this.#path() });
    }
  }

  #chattr(path: Path): void {
    const on = this.#dice.oneIn(2);
    if (this.#dice.oneIn(3)) return this.#chattrOfDirectory(this.#dice.pick(DIRECTORIES), on);
    this.#add({ op: 'chattr', path, ...KEPT_FLAGS, [this.#dice.pick(FLAGS)]: on });
  }

  #chattrOfDirectory(path: Path, on: boolean): void {
    this.#add({ op: 'chattr', path, ...KEPT_FLAGS, [this.#dice.pick(HANDED_DOWN)]: on });
  }

  /** The longest has no place in the inode. */
  #attribute(path: Path): void {
    const name = this.#dice.pick(['user.a', 'user.b']);
    if (this.#dice.oneIn(3)) return this.#add({ op: 'removexattr', path, name });
    const value = { seed: ++this.#seed, length: this.#dice.pick([0, 10, 40, 300]) };
    this.#add({ op: 'setxattr', path, name, value });
  }

  /** A block that is given back is taken again, by data where metadata was or the other way round, while the log knows both. */
  #changeHands(): void {
    if (this.#dice.oneIn(2)) {
      const goes = this.#makeWithBlock();
      this.#commit();
      this.#add(goes);
      if (this.#dice.percent(70)) this.#commit();
      this.#write();
    } else {
      this.#write();
      this.#commit();
      this.#add({ op: 'ftruncate', handle: this.#some().handle, size: 0 });
      if (this.#dice.percent(70)) this.#commit();
      this.#makeWithBlock();
    }
    this.#sync();
  }

  /** Something that has a block of metadata of its own; says what takes that away again. */
  #makeWithBlock(): Operation {
    const path = this.#path();
    switch (this.#dice.below(3)) {
      case 0:
        this.#add({ op: 'mkdir', path: 'e', mode: 0o755 });
        return { op: 'rmdir', path: 'e' };
      case 1:
        this.#add({ op: 'symlink', target: 'a'.repeat(100), path });
        return { op: 'unlink', path };
      default:
        this.#add({ op: 'setxattr', path, name: 'user.b', value: { seed: ++this.#seed, length: 300 } });
        return { op: 'removexattr', path, name: 'user.b' };
    }
  }

  /** What programs do to put new contents in place of old ones. */
  #replace(): void {
    const path = this.#path();
    const renames = this.#dice.oneIn(2);
    const handle = this.#openFile({ create: true, truncate: true }, renames ? 'new' : path);
    this.#add({ op: 'write', handle, content: { seed: ++this.#seed, length: this.#length(false) } });
    if (this.#dice.oneIn(4)) this.#add({ op: 'fsync', handle });
    this.#add({ op: 'close', handle });
    this.#open.pop();
    if (renames) this.#add({ op: 'rename', from: 'new', to: path });
    if (this.#dice.oneIn(2)) this.#commit();
  }
}

/** Writeback takes whole pages. */
const pageOf = (offset: number): number => offset - (offset % PAGE_BYTES);

const bound = (dice: Dice): { readonly oneIn: (count: number) => boolean } => ({
  oneIn: (count) => dice.oneIn(count),
});
