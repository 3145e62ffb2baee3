import type { FallocateMode } from '../../model/index.ts';
import type { FsxEntry } from './fsx-entry.ts';
import { ProgramBuilder, type Imported } from './program.ts';

export interface FsxOptions {
  /** Bytes: `-l`, 262,144 when absent. */
  readonly maxLength?: number;
  /** Bytes: st_blksize of the file system. */
  readonly blockSize: number;
}

const USUAL_LENGTH = 262_144;

/** What fsx does with these operations on an empty file, trimmed as fsx trims (ltp/fsx.c, test). */
export function fsxProgram(
  entries: readonly FsxEntry[],
  { maxLength = USUAL_LENGTH, blockSize }: FsxOptions,
): Imported {
  const player = new FsxPlayer(maxLength, blockSize);
  for (const entry of entries) player.play(entry);
  return player.builder.imported;
}

class FsxPlayer {
  readonly builder = new ProgramBuilder();
  readonly #maxLength: number;
  readonly #blockSize: number;
  #size = 0;

  constructor(maxLength: number, blockSize: number) {
    this.#maxLength = maxLength;
    this.#blockSize = blockSize;
    this.builder.open(true);
  }

  play(entry: FsxEntry): void {
    this.#perform(entry);
    if (entry.closeOpen) this.builder.closeAndOpen();
  }

  #perform(entry: FsxEntry): void {
    const { name, length } = entry;
    switch (name) {
      case 'read':
      case 'read_dontcache':
        return this.#read(entry, name === 'read_dontcache');
      case 'write':
      case 'write_dontcache':
        return this.#write(entry, name === 'write_dontcache');
      case 'mapread':
        return this.#mapRead(entry);
      case 'mapwrite':
        return this.#mapWrite(entry);
      case 'truncate':
        this.#size = length;
        return this.builder.add({ op: 'ftruncate', handle: this.builder.handle, size: length });
      case 'fallocate':
        return this.#fallocate(
          entry.keepSize ? 'keep-size' : 'allocate',
          this.#trimmed(entry, this.#maxLength),
        );
      case 'punch_hole':
        return this.#fallocate('punch', this.#trimmed(entry, this.#size));
      case 'zero_range':
        return this.#fallocate(
          entry.keepSize ? 'zero-keep-size' : 'zero',
          this.#trimmed(entry, this.#maxLength),
        );
      case 'collapse_range':
        return this.#collapse(entry);
      case 'insert_range':
        return this.#insert(entry);
      case 'copy_range':
        return this.#copy(entry);
      case 'fsync':
        return this.builder.add({ op: 'fsync', handle: this.builder.handle });
      default:
        return this.builder.cannot(entry.line, `twinpath has no ${name}`);
    }
  }

  /** TRIM_OFF_LEN: the offset goes around, the length ends at `size`. */
  #trimmed({ offset, length }: { offset: number; length: number }, size: number): Range {
    const start = size > 0 ? offset % size : 0;
    return { offset: start, length: Math.max(0, Math.min(length, size - start)) };
  }

  #read(entry: FsxEntry, dontcache: boolean): void {
    const range = this.#trimmed(entry, this.#size);
    if (range.length === 0) return;
    const rwf = dontcache ? { rwf: ['dontcache'] as const } : {};
    this.builder.add({ op: 'pread', handle: this.builder.handle, ...range, ...rwf });
  }

  #write(entry: FsxEntry, dontcache: boolean): void {
    const { offset, length } = this.#trimmed(entry, this.#maxLength);
    if (length === 0) return;
    const rwf = dontcache ? { rwf: ['dontcache'] as const } : {};
    const content = this.builder.content(length);
    this.builder.add({ op: 'pwrite', handle: this.builder.handle, offset, content, ...rwf });
    this.#grow(offset + length);
  }

  #mapRead(entry: FsxEntry): void {
    const { offset, length } = this.#trimmed(entry, this.#size);
    if (length === 0) return;
    const { mapping, within } = this.builder.mapAround(offset, length);
    this.builder.add({ op: 'load', mapping, offset: within, length }, { op: 'munmap', mapping });
  }

  /** A file that is too short for the store is made longer first, and the store is written out. */
  #mapWrite(entry: FsxEntry): void {
    const { offset, length } = this.#trimmed(entry, this.#maxLength);
    if (length === 0) return;
    const { builder } = this;
    if (offset + length > this.#size) {
      this.#grow(offset + length);
      builder.add({ op: 'ftruncate', handle: builder.handle, size: this.#size });
    }
    const { mapping, within } = builder.mapAround(offset, length);
    builder.add(
      { op: 'store', mapping, offset: within, content: builder.content(length) },
      { op: 'msync', mapping, offset: 0, length: within + length, mode: 'sync' },
      { op: 'munmap', mapping },
    );
  }

  #fallocate(mode: FallocateMode, { offset, length }: Range): void {
    if (length === 0) return;
    this.builder.add({ op: 'fallocate', handle: this.builder.handle, mode, offset, length });
    if (mode === 'allocate' || mode === 'zero') this.#grow(offset + length);
  }

  #collapse(entry: FsxEntry): void {
    const range = this.#wholeBlocks(this.#trimmed(entry, this.#size - 1));
    // What reaches the end is no collapse (do_collapse_range).
    if (range.length === 0 || range.offset + range.length >= this.#size) return;
    this.#fallocate('collapse', range);
    this.#size -= range.length;
  }

  #insert({ offset, length }: FsxEntry): void {
    const start = this.#size > 0 ? offset % this.#size : 0;
    const room = Math.max(0, Math.min(length, this.#maxLength - this.#size));
    const range = this.#wholeBlocks({ offset: start, length: room });
    if (range.length === 0 || range.offset >= this.#size) return;
    this.#fallocate('insert', range);
    this.#size += range.length;
  }

  #copy({ offset, length, destination }: FsxEntry): void {
    if (length === 0 || destination + length > this.#maxLength) return;
    const { handle } = this.builder;
    const places = { fromOffset: offset, toOffset: destination };
    this.builder.add({ op: 'copy-file-range', from: handle, to: handle, ...places, length });
    const copied = Math.max(0, Math.min(length, this.#size - offset));
    if (copied > 0) this.#grow(destination + copied);
  }

  #wholeBlocks({ offset, length }: Range): Range {
    const down = (value: number): number => value - (value % this.#blockSize);
    return { offset: down(offset), length: down(length) };
  }

  #grow(end: number): void {
    this.#size = Math.max(this.#size, end);
  }
}

interface Range {
  readonly offset: number;
  readonly length: number;
}
