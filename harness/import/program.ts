import type { Handle, MappingName, Operation } from '../../model/index.ts';

/** A line of somebody else's program that has no words in ours. */
export interface Untold {
  /** Counted from 1. */
  readonly line: number;
  readonly why: string;
}

/** A program of somebody else's, as operations on one file. */
export interface Imported {
  readonly operations: readonly Operation[];
  readonly untold: readonly Untold[];
}

/** A file that cannot be read as what it is said to be. The message names the line. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** The name of the file that a foreign program works on. */
export const FILE_NAME = 'f';

const PAGE_BYTES = 4096;

/** Puts operations on one open file together: descriptors and mappings get new names, every write new contents. */
export class ProgramBuilder {
  readonly operations: Operation[] = [];
  readonly untold: Untold[] = [];
  #handles = 0;
  #mappings = 0;
  #contents = 0;

  get handle(): Handle {
    return `fd${this.#handles - 1}`;
  }

  open(create: boolean): void {
    const as: Handle = `fd${this.#handles++}`;
    const flags = create ? ({ create: true } as const) : {};
    this.add({ op: 'open', as, path: FILE_NAME, access: 'read-write', flags, mode: 0o644 });
  }

  closeAndOpen(): void {
    this.add({ op: 'close', handle: this.handle });
    this.open(false);
  }

  add(...operations: readonly Operation[]): void {
    this.operations.push(...operations);
  }

  /** Other bytes than those of any write before. */
  content(length: number): { seed: number; length: number } {
    return { seed: ++this.#contents, length };
  }

  map(offset: number, length: number): MappingName {
    const as: MappingName = `map${this.#mappings++}`;
    const { handle } = this;
    this.add({ op: 'mmap', as, handle, offset, length, sharing: 'shared', access: 'read-write' });
    return as;
  }

  /** A mapping of just these bytes, which begins at a page; answers how far in they are. */
  mapAround(offset: number, length: number): { mapping: MappingName; within: number } {
    const within = offset % PAGE_BYTES;
    return { mapping: this.map(offset - within, within + length), within };
  }

  cannot(line: number, why: string): void {
    this.untold.push({ line, why });
  }

  get imported(): Imported {
    return { operations: this.operations, untold: this.untold };
  }
}
