import {
  FolioPool,
  MemoryDisk,
  mount,
  PowerCuts,
  RecordingDisk,
  type BlockDevice,
  type FileSystem,
} from '../../../generated/impl/index.ts';
import type {
  FlagName,
  Operation,
  Outcome,
  Path,
  RecoveredNode,
  RecoveredTree,
  Timestamp,
} from '../../../model/index.ts';
import {
  staleSector,
  type CrashSession,
  type CrashTarget,
  type DiskRecording,
  type RecordedWrite,
  type Landmarks,
  type OverlappingCrashSession,
  type Recovery,
  type RecoveryOptions,
} from '../../crash/crash-target.ts';
import type { PowerCut } from '../../crash/power-cut.ts';
import { flagNamesOf } from '../../inode-flag-bits.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import type { DiskImage, SessionOptions } from '../../target.ts';
import { OverlappingSession } from '../coroutines/overlapping-session.ts';
import { ImageTemplates } from '../image-templates.ts';
import { findingText } from './finding-text.ts';
import { opened } from './opened.ts';
import { loadImage } from './image-source.ts';
import { landmarksOf } from './landmarks.ts';
import { RangeStateCounts } from './range-state-counts.ts';
import { TypescriptSession, type SessionMemory } from './session.ts';
import { diskOf, freshDisk, mountOptionsOf } from './target.ts';

/** The most of a file that is read. Nobody writes so much; a size that is wrong is known by itself. */
const READ_BYTES_MAX = 1 << 20;

/** Fresh file systems whose free blocks say that nobody wrote them. */
const STALE = new ImageTemplates((setup) => withStaleBlocks(setup));

/** What the file system says is free, when it is asked to trim, is filled. */
function withStaleBlocks(setup: Setup): MemoryDisk {
  const disk = freshDisk(setup);
  const device: BlockDevice = {
    sectors: disk.sectors,
    submit: (bio, endIo) => disk.submit(bio, endIo),
    discard(sector, sectors) {
      for (let one = sector; one < sector + sectors; one++) disk.write(one * 512, staleSector(one));
    },
  };
  const fs = mount(device, { now: { seconds: BASE_SECONDS, nanoseconds: 0 } });
  fs.trim();
  fs.unmount();
  return disk;
}

/** The TypeScript ext4, mounted in one way. */
class TypescriptCrashTarget implements CrashTarget {
  readonly name: string;
  readonly load = loadImage;
  readonly landmarks = (image: DiskImage): Landmarks => landmarksOf(diskOf(image));
  readonly #bufferedIomap: boolean;
  readonly #memory: SessionMemory = {
    reads: [],
    pool: FolioPool.used(),
    rangeStates: new RangeStateCounts(),
  };

  constructor(name: string, bufferedIomap: boolean) {
    this.name = name;
    this.#bufferedIomap = bufferedIomap;
  }

  fresh(setup: Setup): DiskImage {
    return STALE.diskFor(setup);
  }

  recording(start: DiskImage, writes: readonly RecordedWrite[]): DiskRecording {
    return new Recording(diskOf(start), writes);
  }

  start(setup: Setup, options: SessionOptions): CrashSession {
    const device = new RecordingDisk(STALE.diskFor(setup), setup.writesZeroes);
    const fixed = mountOptionsOf(setup, options, this.#bufferedIomap);
    const mountAt = (now: Timestamp): FileSystem => mount(device, { now, pool: this.#memory.pool, ...fixed });
    return new RecordedSession(device, mountAt, options.now, this.#memory);
  }

  startOverlapping(setup: Setup, options: SessionOptions): OverlappingCrashSession {
    const request = { ...mountOptionsOf(setup, options, this.#bufferedIomap), now: options.now };
    const disk = STALE.diskFor(setup);
    return new OverlappingSession(
      disk,
      setup.writesZeroes === true,
      request,
      (start, writes) => new Recording(start, writes),
    );
  }

  recover(image: DiskImage, setup: Setup, options: RecoveryOptions): Recovery {
    const disk = diskOf(image);
    const recorder = options.recorded ? new RecordingDisk(disk) : null;
    const policy = { readOnly: true, errors: 'remount-ro' } as const;
    const fixed = mountOptionsOf(setup, { ...options, policy }, this.#bufferedIomap);
    try {
      const fs = mount(recorder ?? disk, { now: options.now, pool: this.#memory.pool, ...fixed });
      const tree = treeOf(fs);
      const finding = fs.corruption;
      fs.unmount();
      return {
        tree,
        complaint: finding === null ? null : findingText(finding),
        image: recorder?.snapshot() ?? disk,
        recording: recorder === null ? null : new Recording(recorder.start, recorder.writes),
      };
    } catch (error) {
      this.#memory.pool = FolioPool.used();
      throw error;
    }
  }
}

class RecordedSession implements CrashSession {
  readonly recording: DiskRecording;
  readonly #session: TypescriptSession;
  readonly #memory: SessionMemory;

  constructor(
    device: RecordingDisk,
    mountAt: (now: Timestamp) => FileSystem,
    now: Timestamp,
    memory: SessionMemory,
  ) {
    this.#memory = memory;
    this.#session = new TypescriptSession(device.start, mountAt, now, memory);
    this.recording = new Recording(device.start, device.writes);
  }

  apply(operation: Operation, now: Timestamp): Outcome {
    return this.#session.apply(operation, now);
  }

  end(): void {
    this.#session.unmount();
  }

  abandon(): void {
    // What the session holds of the pool never comes back.
    this.#memory.pool = FolioPool.used();
  }
}

class Recording implements DiskRecording {
  readonly writes: DiskRecording['writes'];
  readonly #cuts: PowerCuts;

  constructor(start: MemoryDisk, writes: DiskRecording['writes']) {
    this.writes = writes;
    this.#cuts = new PowerCuts(start, writes);
  }

  durableAt(point: number, underWay?: boolean): number {
    return this.#cuts.durableAt(point, underWay);
  }

  volatileAt(point: number, underWay?: boolean): readonly number[] {
    return this.#cuts.volatileAt(point, underWay);
  }

  disk(cut: PowerCut): DiskImage {
    return this.#cuts.disk(cut as Parameters<PowerCuts['disk']>[0]);
  }

  release(): void {
    this.#cuts.release();
  }
}

function treeOf(fs: FileSystem): RecoveredTree {
  const tree = new Map<Path, RecoveredNode>();
  tree.set('.', nodeOf(fs, '.'));
  const walk = (directory: Path, prefix: Path): void => {
    for (const { name, type } of fs.readdir(directory)) {
      const path = prefix + name;
      tree.set(path, nodeOf(fs, path));
      if (type === 'directory') walk(path, `${path}/`);
    }
  };
  walk('.', '');
  return tree;
}

function nodeOf(fs: FileSystem, path: Path): RecoveredNode {
  const { type, mode, links, uid, gid, size, mtime, ctime, ino } = fs.lstat(path);
  return {
    type,
    mode,
    links,
    uid,
    gid,
    // How large a directory is, is the affair of whoever stores it.
    size: type === 'directory' ? 0 : size,
    mtime,
    ctime,
    ino,
    bytes: type === 'file' ? contentsOf(fs, path, size) : null,
    target: type === 'symlink' ? fs.readlink(path) : null,
    xattrs: xattrsOf(fs, path),
    flags: type === 'file' || type === 'directory' ? flagsOf(fs, path) : [],
  };
}

function xattrsOf(fs: FileSystem, path: Path): ReadonlyMap<string, Uint8Array> {
  const nofollow = { nofollow: true };
  return new Map(fs.listxattr(path, nofollow).map((name) => [name, fs.getxattr(path, name, nofollow)]));
}

const flagsOf = (fs: FileSystem, path: Path): readonly FlagName[] =>
  opened(fs, path, (fd) => flagNamesOf(fs.getFlags(fd)));

function contentsOf(fs: FileSystem, path: Path, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(size, READ_BYTES_MAX));
  if (bytes.length === 0) return bytes;
  const fd = fs.open(path, { access: 'read' });
  fs.pread(fd, bytes, 0);
  fs.close(fd);
  return bytes;
}

/** Both paths of the TypeScript ext4, made anew. */
export const crashTargets = (): readonly CrashTarget[] => [
  new TypescriptCrashTarget('impl:buffer_head', false),
  new TypescriptCrashTarget('impl:iomap', true),
];
