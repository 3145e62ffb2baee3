import type { Operation, Outcome, Path, Timestamp, Value } from '../../model/index.ts';
import { saysDamage } from '../damage-errno.ts';
import type { Dice } from '../generate/dice.ts';
import { timeOfStep } from '../setup.ts';
import { isPromise, type Session } from '../target.ts';

/** What must not happen to whoever works on a damaged image. */
export interface Fault {
  readonly kind:
    /** Something was thrown that no system call answers. */
    | 'threw'
    /** EIO, EUCLEAN or EBADMSG, and nothing says what is wrong where; the device itself never fails. */
    | 'unnamed'
    /** With errors=remount-ro, something was changed after damage had been found. */
    | 'wrote on';
  readonly operation: Operation | null;
  readonly detail: string;
  readonly stack: string;
}

/** Directories and files that are looked into; a damaged tree may have a great many. */
const VISITED_MAX = 50;
const DEPTH_MAX = 10;
const ATTRIBUTES_MAX = 10;
const NAMES_MAX = 16;

/** Bytes that are read at each place of a file. */
const READ_BYTES = 1 << 14;

/** Operations that change nothing on success even where they may write: the others must fail on a read-only file system. */
const HARMLESS: ReadonlySet<Operation['op']> = new Set([
  'open',
  'close',
  'read',
  'pread',
  'seek',
  'fsync',
  'fdatasync',
  'fstat',
  'sync',
  'readlink',
  'stat',
  'lstat',
  'readdir',
  'statfs',
  'drop-caches',
  'getxattr',
  'listxattr',
  'lsattr',
]);

/** Walks, reads and changes a mounted file system that may be damaged, and watches how it answers. */
export class Examination {
  /** The first fault; nothing is asked of the session afterwards. */
  fault: Fault | null = null;
  /** How often each errno was answered. */
  readonly answers = new Map<string, number>();
  readonly #session: Session;
  readonly #dice: Dice;
  readonly #remountsReadOnly: boolean;
  readonly #onStep: () => void;
  readonly #files: Path[] = [];
  readonly #directories: Path[] = ['.'];
  #step = 0;
  #handle = 0;

  constructor(
    session: Session,
    options: { readonly dice: Dice; readonly remountsReadOnly: boolean; readonly onStep: () => void },
  ) {
    this.#session = session;
    this.#dice = options.dice;
    this.#remountsReadOnly = options.remountsReadOnly;
    this.#onStep = options.onStep;
  }

  run(): void {
    this.#walk();
    if (this.fault === null) this.#change();
  }

  #do(operation: Operation): Value | null {
    if (this.fault !== null) return null;
    this.#onStep();
    const damagedBefore = this.#session.complaint() !== null;
    const outcome = this.#apply(operation, timeOfStep(this.#step++));
    if (outcome === null) return null;
    if (!outcome.ok) {
      this.answers.set(outcome.errno, (this.answers.get(outcome.errno) ?? 0) + 1);
      const unnamed = outcome.errno === 'EIO' || saysDamage(outcome.errno);
      if (unnamed && this.#session.complaint() === null) {
        this.#blame('unnamed', operation, `${operation.op} answered ${outcome.errno}`, '');
      }
      return null;
    }
    if (damagedBefore && this.#remountsReadOnly && this.#changed(operation)) {
      this.#blame('wrote on', operation, `${operation.op} succeeded after damage was found`, '');
    }
    return outcome.value;
  }

  /** Has an operation that succeeded changed anything? */
  #changed(operation: Operation): boolean {
    if (operation.op === 'write' || operation.op === 'pwrite') return operation.content.length > 0;
    // Of two names of one file neither goes away, and the disk is not looked at (vfs_rename), even in an emergency.
    if (operation.op === 'rename')
      return this.#apply({ op: 'lstat', path: operation.from }, timeOfStep(0))?.ok !== true;
    return !HARMLESS.has(operation.op);
  }

  #apply(operation: Operation, now: Timestamp): Outcome | null {
    try {
      const outcome = this.#session.apply(operation, now);
      if (isPromise(outcome)) throw new Error('a target that answers later cannot be examined');
      return outcome;
    } catch (error) {
      const known = error instanceof Error;
      const detail = known ? `${error.name}: ${error.message}` : String(error);
      this.#blame('threw', operation, detail, known ? (error.stack ?? '') : '');
      return null;
    }
  }

  #blame(kind: Fault['kind'], operation: Operation, detail: string, stack: string): void {
    this.fault = { kind, operation, detail, stack };
  }

  #walk(): void {
    this.#do({ op: 'statfs' });
    const queue: { path: Path; depth: number }[] = [{ path: '.', depth: 0 }];
    for (let visited = 0; visited < VISITED_MAX && this.fault === null; visited++) {
      const next = queue.shift();
      if (next === undefined) break;
      for (const path of this.#visit(next.path)) {
        if (next.depth < DEPTH_MAX) queue.push({ path, depth: next.depth + 1 });
      }
    }
    this.#do({ op: 'drop-caches' });
  }

  /** Looks at one name; answers the names in it. */
  #visit(path: Path): Path[] {
    const value = this.#do({ op: 'lstat', path });
    if (value?.kind !== 'stat') return [];
    const { type, size } = value.stat;
    this.#attributes(path);
    if (type === 'symlink') {
      this.#do({ op: 'readlink', path });
      this.#do({ op: 'stat', path });
    } else if (type === 'file') {
      this.#files.push(path);
      this.#read(path, size);
    } else if (type === 'directory') {
      if (path !== '.') this.#directories.push(path);
      return this.#names(path);
    }
    return [];
  }

  #attributes(path: Path): void {
    const names = this.#do({ op: 'listxattr', path, nofollow: true });
    if (names?.kind !== 'names') return;
    for (const name of names.names.slice(0, ATTRIBUTES_MAX))
      this.#do({ op: 'getxattr', path, name, nofollow: true });
  }

  /** Of a large directory, names from its start, and some from everywhere. */
  #names(path: Path): Path[] {
    const listing = this.#do({ op: 'readdir', path });
    if (listing?.kind !== 'entries') return [];
    const { entries } = listing;
    const step = Math.max(1, Math.floor(entries.length / NAMES_MAX));
    return entries
      .filter((_, index) => index % step === 0)
      .filter(({ name }) => !name.includes('/') && !name.includes('\0'))
      .map(({ name }) => (path === '.' ? name : `${path}/${name}`));
  }

  #read(path: Path, size: number): void {
    this.#withFile(path, (handle) => {
      const places = new Set([0, Math.floor(size / 2), Math.max(0, size - 1000)]);
      for (const offset of places) this.#do({ op: 'pread', handle, offset, length: READ_BYTES });
      this.#do({ op: 'fstat', handle });
    });
  }

  #withFile(path: Path, use: (handle: `fd${number}`) => void): void {
    const handle = `fd${this.#handle++}` as const;
    const opened = this.#do({ op: 'open', as: handle, path, access: 'read-write', flags: {}, mode: 0 });
    // Where nothing may be written, reading is still worth a try.
    const readable = opened ?? this.#do({ op: 'open', as: handle, path, access: 'read', flags: {}, mode: 0 });
    if (readable === null) return;
    use(handle);
    this.#do({ op: 'close', handle });
  }

  #pick(paths: readonly Path[], otherwise: Path): Path {
    return paths[this.#dice.below(Math.max(1, paths.length))] ?? otherwise;
  }

  #change(): void {
    for (let round = 0; round < 3; round++) {
      this.#changeFile(this.#pick(this.#files, 'd0/grown'));
      this.#changeDirectory(this.#pick(this.#directories, '.'), round);
      if (this.#dice.oneIn(3)) this.#do({ op: 'sync' });
      if (this.#dice.oneIn(3)) this.#do({ op: 'drop-caches' });
    }
    this.#moveAndRemove();
    this.#do({ op: 'sync' });
    this.#do({ op: 'statfs' });
  }

  #changeFile(path: Path): void {
    const dice = this.#dice;
    this.#withFile(path, (handle) => {
      const write = (offset: number, length: number): void => {
        this.#do({ op: 'pwrite', handle, offset, content: { seed: length, length } });
      };
      write(dice.below(20_000), dice.between(1, 20_000));
      write(300_000 + dice.below(1 << 20), 5000);
      this.#do({ op: 'ftruncate', handle, size: dice.below(400_000) });
      if (dice.oneIn(2)) this.#do({ op: 'fsync', handle });
      this.#do({ op: 'pread', handle, offset: 0, length: READ_BYTES });
    });
    this.#do({ op: 'truncate', path, size: dice.below(3) * 5000 });
    this.#do({ op: 'chmod', path, mode: 0o600 });
    const length = dice.pick([5, 200, 3000]);
    this.#do({ op: 'setxattr', path, name: `user.new${length}`, value: { seed: 1, length } });
    this.#do({ op: 'removexattr', path, name: 'user.shared' });
    this.#do({ op: 'utimens', path, atime: 'now', mtime: { seconds: 1, nanoseconds: 2 } });
  }

  #changeDirectory(path: Path, round: number): void {
    const name = (kind: string): Path => `${path}/${kind}${round}${'n'.repeat(this.#dice.below(60))}`;
    const file = name('file');
    const handle = `fd${this.#handle++}` as const;
    this.#do({ op: 'open', as: handle, path: file, access: 'write', flags: { create: true }, mode: 0o644 });
    this.#do({ op: 'write', handle, content: { seed: 1, length: this.#dice.below(30_000) } });
    this.#do({ op: 'close', handle });
    this.#do({ op: 'mkdir', path: name('directory'), mode: 0o755 });
    this.#do({ op: 'symlink', target: 't'.repeat(20 + 100 * round), path: name('symlink') });
    this.#do({ op: 'link', from: file, to: name('link') });
    this.#do({ op: 'rename', from: file, to: name('renamed') });
    this.#do({ op: 'readdir', path });
  }

  #moveAndRemove(): void {
    const files = this.#files;
    this.#do({ op: 'rename', from: this.#pick(files, 'a'), to: this.#pick(files, 'b') });
    this.#do({ op: 'rename', from: this.#pick(this.#directories, 'a'), to: 'moved' });
    for (let count = 0; count < 4; count++) this.#do({ op: 'unlink', path: this.#pick(files, 'c') });
    this.#do({ op: 'rmdir', path: this.#pick(this.#directories, 'd') });
  }
}
