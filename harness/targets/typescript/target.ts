import {
  CallbackCounts,
  FAULTS,
  FolioPool,
  MemoryDisk,
  mkfs,
  MkfsError,
  mount,
} from '../../../generated/impl/index.ts';
import type { Timestamp } from '../../../model/index.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import type { CallbackTable, DiskImage, Session, SessionOptions, Target } from '../../target.ts';
import { Mke2fsError, withImageOfMke2fs } from '../../mke2fs.ts';
import { ImageTemplates } from '../image-templates.ts';
import { UNPERFORMED } from './unperformed.ts';
import { TypescriptSession, type SessionMemory } from './session.ts';

/** The bugs that can be planted in the TypeScript ext4, for tests of the harness. */
export const PLANTED_FAULTS: Readonly<Record<string, string>> = FAULTS;

/** Fixed, so that a setup always gives the same image. */
const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);
const HASH_SEED = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + 7 * index);

const TEMPLATES = new ImageTemplates((setup) =>
  setup.format?.maker === 'mke2fs' ? madeByMke2fs(setup) : madeHere(setup),
);

function madeHere({ sizeBytes, blockSize, inodes, format }: Setup): MemoryDisk {
  const identity = { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS };
  return mkfs({ sizeBytes, blockSize, inodes, ...format, ...identity });
}

const madeByMke2fs = (setup: Setup): MemoryDisk =>
  withImageOfMke2fs(setup, { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS }, (bytes, read) =>
    MemoryDisk.load(bytes, read),
  );

/** Says, before anything runs, why a setup makes no file system; null when it makes one. */
export function setupProblem(setup: Setup): string | null {
  try {
    TEMPLATES.diskFor(setup);
    return null;
  } catch (error) {
    if (error instanceof MkfsError || error instanceof Mke2fsError) return error.message;
    throw error;
  }
}

/** The TypeScript ext4, mounted so that regular files use one of its two buffered I/O paths. */
class TypescriptTarget implements Target {
  readonly name: string;
  /** A disk in memory is not a device that unmaps while it writes zeros, nor is a loop device. */
  readonly traits = { writeZeroes: false };
  readonly capabilities = { powerCut: true, images: true, unperformed: UNPERFORMED };
  readonly #bufferedIomap: boolean;
  readonly #mount: typeof mount;
  readonly #counts = new CallbackCounts();
  readonly #memory: SessionMemory = { reads: [], pool: new FolioPool() };

  constructor(name: string, bufferedIomap: boolean, how: typeof mount) {
    this.name = name;
    this.#bufferedIomap = bufferedIomap;
    this.#mount = how;
  }

  start(setup: Setup, options: SessionOptions): Session {
    return this.#session(TEMPLATES.diskFor(setup), setup, options);
  }

  mount(image: DiskImage, setup: Setup, options: SessionOptions): Session {
    return this.#session(diskOf(image.snapshot()), setup, options);
  }

  callbacks(): CallbackTable {
    return this.#counts.table();
  }

  #session(disk: MemoryDisk, setup: Setup, { faults, now, policy }: SessionOptions): Session {
    const bufferedIomap = this.#bufferedIomap;
    const { data = 'ordered' as const, ...options } = setup.mount;
    const fixed = {
      ...options,
      data,
      ...policy,
      bufferedIomap,
      faults: new Set(faults),
      callbackCounts: this.#counts,
    };
    const mountAt = (time: Timestamp) => this.#mount(disk, { ...fixed, now: time, pool: this.#memory.pool });
    return new TypescriptSession(disk, mountAt, now, this.#memory);
  }
}

/**
 * The in-process targets, made anew: whoever needs them to share nothing makes more. They run one operation at a time, so
 * the sequential build does; its mount can be replaced by that of impl/.
 */
export const typescriptTargets = (how: typeof mount = mount): readonly Target[] => [
  new TypescriptTarget('impl:buffer_head', false, how),
  new TypescriptTarget('impl:iomap', true, how),
];

/** The image as a disk that can be mounted; one that was none becomes a copy. */
export function diskOf(image: DiskImage): MemoryDisk {
  if (image instanceof MemoryDisk) return image;
  const disk = new MemoryDisk(image.sizeBytes);
  for (const { offset, pages } of image.extents()) {
    let position = offset;
    for (const page of pages) {
      disk.write(position, page);
      position += page.length;
    }
  }
  return disk;
}
