import { existsSync, statfsSync } from 'node:fs';
import type { ModelOptions } from '../../../model/index.ts';
import { hasFeature } from '../../format.ts';
import { mke2fs, Mke2fsError } from '../../mke2fs.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import { TargetUnavailable, type DiskImage } from '../../target.ts';
import { BTRFS, XFS } from './other-file-systems.ts';
import type { FileSystemName } from './promises.ts';
import { madeIn } from './made-image.ts';

/** What the harness must know of a file system to try it. */
export interface FileSystemKind {
  /** As mount(2) knows it. */
  readonly type: FileSystemName;
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

const OLD_INODE_BYTES = 128;

export const EXT4: FileSystemKind = {
  type: 'ext4',
  traits: {},
  wholeSeconds: (setup) => setup.format?.inodeSize === OLD_INODE_BYTES,
  make: (setup) => {
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
  const { data, dataErr, atime, dax } = mount;
  const journaled = data === undefined || !hasFeature(format, 'has_journal') ? [] : [`data=${data}`];
  const onLoss = dataErr === undefined ? [] : [`data_err=${dataErr}`];
  const common = [atime, 'noinit_itable', ...journaled, ...onLoss, ...(dax === true ? ['dax=always'] : [])];
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

/** f_type of statfs(2). */
const MAGIC: Readonly<Record<number, FileSystemName>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
};

/** What is mounted at a path. */
export const fileSystemAt = (path: string): FileSystemName =>
  existsSync(path) ? (MAGIC[statfsSync(path).type] ?? 'other') : 'other';

/** The file systems of `fs=`. */
export const FILE_SYSTEMS: Readonly<Record<string, FileSystemKind>> = { ext4: EXT4, xfs: XFS, btrfs: BTRFS };
