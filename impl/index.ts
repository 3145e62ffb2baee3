/** The public face of the file system: make one, mount it, use it. Everything else in impl/ is private. */
export { SECTOR_BYTES, type Bio, type BioStatus } from './block/bio.ts';
export type { BlockDevice } from './block/block-device.ts';
export { FailingDisk, type Trouble } from './block/failing-disk.ts';
export { MappableDisk } from './block/mappable-disk.ts';
export { DiskPages } from './block/disk-pages.ts';
export { MemoryDisk } from './block/memory-disk.ts';
export { PowerCuts, type LostWrite, type PowerCut, type SectorRange } from './block/power-cuts.ts';
export { RecordingDisk, type RecordedWrite } from './block/recording-disk.ts';
export { SlowDisk } from './block/slow-disk.ts';
export { ZeroingDisk } from './block/zeroing-disk.ts';
export { FAULTS, NO_FAULTS, type Fault, type FaultSwitches } from './lib/faults.ts';
export { anatomyOf } from './ext4/anatomy/anatomy.ts';
export type { Part } from './ext4/anatomy/part.ts';
export { featureNames } from './ext4/super/features.ts';
export { decodeName, encodeName } from './ext4/directory/file-name.ts';
export { groupFacts, type GroupFacts } from './ext4/allocation/group-facts.ts';
export { EXT4_ERROR_FS, EXT4_VALID_FS } from './ext4/layout/superblock.ts';
export { DATA_PATHS } from './ext4/data/aops.ts';
export { CallbackCounts, type CallbackTable } from './ext4/data/callback-counts.ts';
export { mkfs, MkfsError, type MkfsOptions } from './ext4/mkfs/mkfs.ts';
export type { MountOptions } from './ext4/super/mount-options.ts';
export type { FileSystemStatistics } from './ext4/super/statfs.ts';
export type { DirectoryCookie } from './ext4/directory/reading/cookie.ts';
export type { Timestamp } from './ext4/inode/timestamp.ts';
export { AssertionError } from './lib/assert.ts';
export { Corruption, MountRefused, type Finding } from './lib/corruption.ts';
export { KernelPanic } from './lib/kernel-panic.ts';
export { Failure, type Errno } from './lib/errno.ts';
export {
  FIEMAP_EXTENT_DATA_INLINE,
  FIEMAP_EXTENT_DELALLOC,
  FIEMAP_EXTENT_UNWRITTEN,
  type FiemapExtent,
} from './iomap/fiemap.ts';
export { FolioPool } from './mm/folio-pool.ts';
export { findOldBytes } from './lib/old-bytes.ts';
export { Choices } from './sched/choices.ts';
export type { NamedCall } from './sched/scheduler.ts';
export { LockOrderViolation } from './sched/lock-order-violation.ts';
export { Deadlock } from './sched/deadlock.ts';
export { preemptionPoint, type Sleepable } from './sched/sleepable.ts';
export { runToCompletion, type Strategy } from './sched/strategy.ts';
export { FileSystem } from './vfs/file-system.ts';
export { SystemCalls } from './vfs/system-calls.ts';
export { mount, type MountRequest } from './vfs/mount.ts';
export type {
  DirectoryListing,
  DirectoryStep,
  FileType,
  MappingAccess,
  OpenFlags,
  Stat,
  TimeChange,
  Whence,
} from './vfs/types.ts';
export type { NodeAttributes, NodeEntry } from './vfs/nodes/node-attributes.ts';
export { NodeFileSystem, type NodeChanges } from './vfs/nodes/node-file-system.ts';
