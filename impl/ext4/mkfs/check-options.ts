import { EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import { hasFeature, type Features } from '../super/features.ts';
import { JOURNAL_BLOCKS_MIN } from './journal-size.ts';
import { MkfsError } from './mkfs-error.ts';
import type { MkfsOptions } from './options.ts';

const BLOCK_SIZE_MIN = 1024;
const BLOCK_SIZE_MAX = 65536;
const DESCRIPTOR_SIZE_MAX = 1024;
/** EXT2_MAX_CLUSTER_SIZE. */
const CLUSTER_SIZE_MAX = 2 ** 29;

const isPowerOfTwo = (value: number): boolean => value >= 1 && Number.isInteger(Math.log2(value));

/** Throws MkfsError for the first option that is out of range by itself. */
export function checkOptions(options: MkfsOptions, features: Features): void {
  const { sizeBytes, blockSize } = options;
  if (!isPowerOfTwo(blockSize) || blockSize < BLOCK_SIZE_MIN || blockSize > BLOCK_SIZE_MAX)
    throw new MkfsError(`block size ${blockSize} is not a power of two between 1024 and 65536`);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % 1024 !== 0) {
    throw new MkfsError(`size ${sizeBytes} is not a positive multiple of 1024 bytes`);
  }
  for (const name of ['uuid', 'hashSeed'] as const) {
    if (options[name].length !== 16)
      throw new MkfsError(`${name} has ${options[name].length} bytes instead of 16`);
  }
  const { reservedPercent = 5 } = options;
  if (!(reservedPercent >= 0 && reservedPercent <= 50)) {
    throw new MkfsError(`reserved percentage ${reservedPercent} is not between 0 and 50`);
  }
  const { logLeft } = options;
  if (logLeft !== undefined && !(Number.isInteger(logLeft) && logLeft >= 1 && logLeft < JOURNAL_BLOCKS_MIN))
    throw new MkfsError(`${logLeft} blocks left of the log are not between 1 and ${JOURNAL_BLOCKS_MIN - 1}`);
  checkInodes(options);
  checkClusters(options, features);
  checkGroups(options, features);
}

function checkInodes({ blockSize, inodeSize = 256, inodes, inodeRatio }: MkfsOptions): void {
  if (!isPowerOfTwo(inodeSize) || inodeSize < EXT4_GOOD_OLD_INODE_SIZE || inodeSize > blockSize) {
    throw new MkfsError(
      `inode size ${inodeSize} is not a power of two between 128 and the block size ${blockSize}`,
    );
  }
  if (inodes !== undefined && !(Number.isInteger(inodes) && inodes > 0))
    throw new MkfsError(`${inodes} inodes`);
  if (inodeRatio !== undefined && !(inodeRatio >= BLOCK_SIZE_MIN && inodeRatio <= BLOCK_SIZE_MAX * 1024))
    throw new MkfsError(`inode ratio ${inodeRatio} is not between 1024 and 67108864`);
}

function checkClusters({ blockSize, clusterSize }: MkfsOptions, features: Features): void {
  if (clusterSize === undefined) return;
  if (!hasFeature(features, 'bigalloc')) throw new MkfsError('a cluster size without bigalloc');
  const least = Math.max(blockSize, 2 * BLOCK_SIZE_MIN);
  if (!isPowerOfTwo(clusterSize) || clusterSize < least || clusterSize > CLUSTER_SIZE_MAX)
    throw new MkfsError(`cluster size ${clusterSize} is not a power of two between ${least} and 2^29`);
}

function checkGroups(options: MkfsOptions, features: Features): void {
  const { blockSize, blocksPerGroup, groupsPerFlex, descriptorSize } = options;
  if (blocksPerGroup !== undefined) {
    const possible = blocksPerGroup >= 256 && blocksPerGroup <= 8 * blockSize && blocksPerGroup % 8 === 0;
    if (!possible) {
      throw new MkfsError(
        `${blocksPerGroup} blocks per group: not a multiple of 8 from 256 to ${8 * blockSize}`,
      );
    }
  }
  if (groupsPerFlex !== undefined) {
    if (!hasFeature(features, 'flex_bg')) throw new MkfsError('groups per flex without flex_bg');
    if (!isPowerOfTwo(groupsPerFlex) || groupsPerFlex > 2 ** 31)
      throw new MkfsError(`${groupsPerFlex} groups per flex: not a power of two up to 2^31`);
  }
  if (descriptorSize === undefined) return;
  if (!hasFeature(features, '64bit')) throw new MkfsError('a descriptor size without 64bit');
  if (!isPowerOfTwo(descriptorSize) || descriptorSize < 64 || descriptorSize > DESCRIPTOR_SIZE_MAX)
    throw new MkfsError(`descriptor size ${descriptorSize} is not a power of two between 64 and 1024`);
}
