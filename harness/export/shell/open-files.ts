import type { Handle, MappingName, OpenFlags, Operation, Outcome, Path } from '../../../model/index.ts';

/** A file that xfs_io can open again for each group of commands. */
export interface OpenName {
  path: Path;
  /** Words of xfs_io's command line. */
  readonly words: readonly string[];
  /** Why the name does not lead to the file any more; null while it does. */
  lost: string | null;
}

/** What a mapping shows. xfs_io's offsets into it count from the beginning of the file. */
export interface MappedRange {
  readonly handle: Handle;
  /** Bytes of the file. */
  readonly offset: number;
}

/** O_TRUNC is an act, not a property: it is done once, by a command of its own. */
const WORDS: Partial<Readonly<Record<keyof OpenFlags, string>>> = { append: '-a', direct: '-d', sync: '-s' };

const CANNOT: readonly (keyof OpenFlags)[] = ['tmpfile', 'dsync', 'directory', 'nofollow'];

/** What descriptors stand for, by names: xfs_io opens files, it is not handed any. */
export class OpenFiles {
  readonly #names = new Map<Handle, OpenName>();
  readonly #mapped = new Map<MappingName, MappedRange>();

  /** Why xfs_io cannot open that way; null when it can. What is open for writing only can be read, too, there. */
  static whyNot({ flags }: Extract<Operation, { op: 'open' }>, expected: Outcome | null): string | null {
    const flag = CANNOT.find((one) => flags[one] === true);
    if (flag !== undefined) return `xfs_io has no word for O_${flag.toUpperCase()}`;
    if (expected?.ok === false && expected.errno === 'EISDIR')
      return 'xfs_io opens a directory for reading instead';
    // Where it succeeds, the file is new, and O_CREAT does the same.
    return flags.exclusive === true && expected?.ok !== true ? 'xfs_io has no word for O_EXCL' : null;
  }

  open({ as, path, access, flags }: Extract<Operation, { op: 'open' }>): void {
    const words = Object.keys(flags).flatMap((flag) => WORDS[flag as keyof OpenFlags] ?? []);
    this.#names.set(as, { path, words: [...(access === 'read' ? ['-r'] : []), ...words], lost: null });
  }

  close(handle: Handle): void {
    this.#names.delete(handle);
  }

  of(handle: Handle): OpenName | undefined {
    return this.#names.get(handle);
  }

  map({ as, handle, offset }: Extract<Operation, { op: 'mmap' }>): void {
    this.#mapped.set(as, { handle, offset });
  }

  mapped(name: MappingName): MappedRange | undefined {
    return this.#mapped.get(name);
  }

  /** xfs_io ends after each group of commands, and its mappings with it. */
  unmapAll(): void {
    this.#mapped.clear();
  }

  /** A name that was taken away or given to something else leads nowhere that a descriptor would. */
  forget(path: Path, why: string): void {
    for (const name of this.#names.values()) {
      if (name.path === path || name.path.startsWith(`${path}/`)) name.lost ??= why;
    }
  }

  /** A file keeps its descriptors under its new name. */
  rename(from: Path, to: Path): void {
    for (const name of this.#names.values()) {
      if (name.path === from) name.path = to;
      else if (name.path.startsWith(`${from}/`)) name.path = `${to}${name.path.slice(from.length)}`;
    }
  }

  clear(): void {
    this.#names.clear();
    this.#mapped.clear();
  }
}
