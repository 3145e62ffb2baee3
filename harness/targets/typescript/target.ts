import {
  DiskPages,
  CallbackCounts,
  FailingDisk,
  DATA_PATHS,
  FAULTS,
  findOldBytes,
  FolioPool,
  MappableDisk,
  MemoryDisk,
  mkfs,
  MkfsError,
  mount,
  ZeroingDisk,
  type BlockDevice,
  type MountRequest,
  type Trouble,
} from '../../../generated/impl/index.ts';
import type { Timestamp } from '../../../model/index.ts';
import { freeRuns } from '../../bitmaps.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type CallbackTable,
  type Capabilities,
  type CountTable,
  type DiskImage,
  type FailingSession,
  type Session,
  type SessionOptions,
  type Target,
} from '../../target.ts';
import { Mke2fsError, withImageOfMke2fs } from '../../mke2fs.ts';
import { PERFORMS_ALL } from '../../unperformed.ts';
import { ImageTemplates } from '../image-templates.ts';
import { RangeStateCounts } from './range-state-counts.ts';
import { TypescriptSession, type SessionMemory } from './session.ts';

/** The bugs that can be planted in the TypeScript ext4, for tests of the harness. */
export const PLANTED_FAULTS: Readonly<Record<string, string>> = FAULTS;

/** Fixed, so that a setup always gives the same image. */
const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);
const HASH_SEED = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + 7 * index);

/** Pages that the disks of one sequence leave to those of the next. */
const PAGES = new DiskPages();

const TEMPLATES = new ImageTemplates((setup) => {
  const disk = setup.format?.maker === 'mke2fs' ? madeByMke2fs(setup) : madeHere(setup);
  // No device is empty: whoever shows a block before it was filled shows something then.
  for (const { offset, length } of freeRuns(disk)) disk.leaveOldBytes(offset, length);
  return disk;
});

function madeHere({ sizeBytes, blockSize, inodes, format, logLeft }: Setup): MemoryDisk {
  const identity = { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS };
  return mkfs({ sizeBytes, blockSize, inodes, logLeft, ...format, ...identity, pages: PAGES });
}

const madeByMke2fs = (setup: Setup): MemoryDisk =>
  withImageOfMke2fs(setup, { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS }, (bytes, read) =>
    MemoryDisk.load(bytes, read),
  );

/** A new disk with a file system on it, which shares its pages with others. */
export const freshDisk = (setup: Setup): MemoryDisk => TEMPLATES.diskFor(setup);

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

/** How a target mounts: which of the two buffered I/O paths regular files use, and whether it only takes setups with dax. */
interface Mode {
  readonly bufferedIomap: boolean;
  readonly dax: 'possible' | 'required';
}

/** The TypeScript ext4, mounted in one way. */
class TypescriptTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly startFailing?: (setup: Setup, options: SessionOptions) => FailingSession;
  readonly #bufferedIomap: boolean;
  readonly #mount: typeof mount;
  readonly #counts = new CallbackCounts(DATA_PATHS);
  readonly #rangeStates = new RangeStateCounts();
  readonly #memory: SessionMemory = { reads: [], pool: FolioPool.used(), rangeStates: this.#rangeStates };

  constructor(name: string, { bufferedIomap, dax }: Mode, how: typeof mount) {
    this.name = name;
    this.capabilities = {
      powerCut: true,
      images: true,
      unperformed: PERFORMS_ALL,
      dax,
      ...(dax === 'possible' && { largeBlocks: true }),
    };
    this.#bufferedIomap = bufferedIomap;
    this.#mount = how;
    // A device that is mapped directly makes no transfers that could fail.
    if (dax === 'possible') this.startFailing = (setup, options) => this.#startFailing(setup, options);
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

  rangeStates(): CountTable {
    return this.#rangeStates.table();
  }

  #startFailing(setup: Setup, options: SessionOptions): FailingSession {
    const disk = TEMPLATES.diskFor(setup);
    const device = new FailingDisk(deviceOf(disk, setup));
    return {
      session: this.#session(disk, setup, options, device),
      begin: (trouble) => device.begin(trouble as Trouble | null),
      failed: () => device.failed,
      findOldBytes,
    };
  }

  #session(
    disk: MemoryDisk,
    setup: Setup,
    options: SessionOptions,
    device: BlockDevice = deviceOf(disk, setup),
  ): Session {
    if (setup.mount.dax !== true && this.capabilities.dax === 'required')
      throw new TargetUnavailable('only for setups with dax');
    const fixed = mountOptionsOf(setup, options, this.#bufferedIomap);
    const { pool } = this.#memory;
    const callbackCounts = this.#counts;
    // In this order: what comes behind a spread gives the engine a new hidden class each time, which nothing that reads it knows.
    const mountAt = (now: Timestamp) => this.#mount(device, { callbackCounts, now, pool, ...fixed });
    return new TypescriptSession(disk, mountAt, options.now, this.#memory);
  }
}

/** The device of a setup: what it can do beside reading and writing. */
function deviceOf(disk: MemoryDisk, { mount: { dax }, writesZeroes }: Setup): BlockDevice {
  const device = dax === true ? new MappableDisk(disk) : disk;
  return writesZeroes === true ? new ZeroingDisk(device) : device;
}

/** What a setup, a session and a path mean to mount. */
export function mountOptionsOf(
  { mount: chosen }: Setup,
  { faults, policy }: SessionOptions,
  bufferedIomap: boolean,
): MountRequest {
  const { data = 'ordered', dataErr = 'ignore', dax, delalloc, dioreadNolock, atime } = chosen;
  return {
    delalloc,
    dioreadNolock,
    atime,
    data,
    dataErr,
    dax: dax === true ? 'always' : null,
    ...policy,
    bufferedIomap,
    faults: new Set(faults),
  };
}

/**
 * The in-process targets, made anew: whoever needs them to share nothing makes more. They run one operation at a time, so
 * the sequential build does; its mount can be replaced by that of impl/.
 */
export const typescriptTargets = (how: typeof mount = mount): readonly Target[] => [
  new TypescriptTarget('impl:buffer_head', { bufferedIomap: false, dax: 'possible' }, how),
  new TypescriptTarget('impl:iomap', { bufferedIomap: true, dax: 'possible' }, how),
];

/** The one that only runs on setups where files are mapped directly; of those the others run some, too. */
export const daxTarget = (): Target =>
  new TypescriptTarget('impl:dax', { bufferedIomap: false, dax: 'required' }, mount);

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
