import { existsSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelOptions, OperationName } from '../../../model/index.ts';
import { hasFeature } from '../../format.ts';
import { mke2fs, Mke2fsError } from '../../mke2fs.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import { TargetUnavailable, type DiskImage } from '../../target.ts';
import type { OperationPart } from '../../unperformed.ts';
import { SparseImage } from './sparse-image.ts';

/** What the harness must know of a file system to try it. */
export interface FileSystemKind {
  /** As mount(2) knows it. */
  readonly type: string;
  /** Whether all targets mount each other's images, and e2fsck and the judges of bitmaps understand them. */
  readonly sharesImages: boolean;
  /** What the model must know of it beside the setup. */
  readonly traits: Partial<ModelOptions>;
  /** Whether inodes keep whole seconds only. */
  readonly wholeSeconds: (setup: Setup) => boolean;
  /** A fresh one. Throws TargetUnavailable where this machine or this file system cannot. */
  readonly make: (setup: Setup) => DiskImage;
  /** What a setup says, as options of mount(8). */
  readonly mountWords: (setup: Setup) => readonly string[];
}

const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);
const HASH_SEED = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + 7 * index);

/** The kernel refuses blocks that are larger than its pages. */
const BLOCK_BYTES_MAX = 4096;

const OLD_INODE_BYTES = 128;

const EXT4: FileSystemKind = {
  type: 'ext4',
  sharesImages: true,
  traits: {},
  wholeSeconds: (setup) => setup.format?.inodeSize === OLD_INODE_BYTES,
  make: (setup) => {
    if (setup.blockSize > BLOCK_BYTES_MAX)
      throw new TargetUnavailable(`the kernel mounts no blocks of ${setup.blockSize} bytes`);
    const identity = { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS };
    return madeIn(setup.sizeBytes, (path) => {
      try {
        mke2fs(withRoomForReserve(setup), identity, path);
      } catch (error) {
        if (error instanceof Mke2fsError) throw new TargetUnavailable(error.message);
        throw error;
      }
    });
  },
  mountWords: ext4Words,
};

/** What a setup says. Whoever journals data has no delayed allocation. */
function ext4Words({ mount, format }: Setup): string[] {
  const { data, atime, dax } = mount;
  const journaled = data === undefined || !hasFeature(format, 'has_journal') ? [] : [`data=${data}`];
  const common = [atime, 'noinit_itable', ...journaled, ...(dax === true ? ['dax=always'] : [])];
  if (data === 'journal') return common;
  const delalloc = mount.delalloc ? 'delalloc' : 'nodelalloc';
  return [...common, delalloc, mount.dioreadNolock ? 'dioread_nolock' : 'dioread_lock'];
}

/** mke2fs counts half of the blocks before it rounds them down to clusters, and e2fsck 1.47 then finds more than half reserved. */
function withRoomForReserve(setup: Setup): Setup {
  const { format } = setup;
  if (format?.reservedPercent !== 50 || !hasFeature(format, 'bigalloc')) return setup;
  return { ...setup, format: { ...format, reservedPercent: 49 } };
}

/** Makes an image of so many bytes by whatever `fill` does to a file of that size. */
function madeIn(sizeBytes: number, fill: (path: string) => void): DiskImage {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-mkfs-'));
  try {
    const path = join(folder, 'image');
    writeFileSync(path, '');
    truncateSync(path, sizeBytes);
    fill(path);
    return SparseImage.scan(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Part = OperationName | OperationPart;

/** f_type of statfs(2). */
const MAGIC: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
};

/** Flags keep a directory from being taken away again. */
const NOT_IN_DIRECTORIES: readonly OperationName[] = ['chattr', 'set-project'];

/** What only ext4 answers as the model says; where blocks lie is everybody's own affair. */
const OF_EXT4: readonly Part[] = ['lsattr', 'fiemap', 'bmap', 'fallocate', 'seek data'];

/** What is mounted at a path, and what cannot be tried there. */
export function fileSystemHere(path: string): { type: string; unperformed: readonly Part[] } {
  const type = existsSync(path) ? (MAGIC[statfsSync(path).type] ?? 'unknown') : 'unknown';
  return { type, unperformed: type === 'ext4' ? NOT_IN_DIRECTORIES : [...NOT_IN_DIRECTORIES, ...OF_EXT4] };
}

/** The file systems of `fs=`. */
export const FILE_SYSTEMS: Readonly<Record<string, FileSystemKind>> = { ext4: EXT4 };
