import { INCOMPAT } from './features.ts';
import { EXT4_NAME_LEN } from '../layout/directory.ts';
import { reservedBlocksCount } from '../layout/superblock.ts';
import type { SuperBlock } from './super-block.ts';

/** struct statfs, the part that is ext4's. Blocks of `blockSize` bytes. */
export interface FileSystemStatistics {
  readonly blockSize: number;
  /** All blocks but fixed metadata (f_blocks, without the option minixdf). */
  readonly blocks: number;
  /** Neither in use nor promised to delayed allocation. */
  readonly blocksFree: number;
  /** What is left for others than root. */
  readonly blocksAvailable: number;
  readonly inodes: number;
  readonly inodesFree: number;
  /** Bytes. */
  readonly nameLength: number;
}

/** ext4_statfs. */
export function statfs(sb: SuperBlock): FileSystemStatistics {
  const { geometry, freeSpace, blockAllocator, inodeAllocator } = sb;
  const ratio = geometry.clusterRatio;
  const reserved =
    reservedBlocksCount(sb.raw, (sb.features.incompat & INCOMPAT['64bit']) !== 0) +
    freeSpace.keptBack * ratio;
  const blocksFree = Math.max(0, freeSpace.free - freeSpace.reserved) * ratio;
  return {
    blockSize: geometry.blockSize,
    blocks: geometry.blocks - blockAllocator.fixed.overheadBlocks,
    blocksFree,
    blocksAvailable: Math.max(0, blocksFree - reserved),
    inodes: geometry.inodes,
    inodesFree: inodeAllocator.freeInodes,
    nameLength: EXT4_NAME_LEN,
  };
}
