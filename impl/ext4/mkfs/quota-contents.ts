import {
  QUOTA_BLOCK_BYTES,
  QUOTA_MAGIC,
  QUOTA_VERSION,
  QuotaBlockHeaderLayout,
  QuotaEntryLayout,
  QuotaHeaderLayout,
  QuotaInfoLayout,
} from '../layout/quota-file.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import { usedSectors, type InodeWriter } from './inodes.ts';
import { QUOTA_BLOCKS, QUOTA_HEADER, QUOTA_LEAF, QUOTA_TREE, quotaFiles } from './quota-files.ts';
import { blocksOf, type Run } from './used-blocks.ts';

/** One week (MAX_DQ_TIME, MAX_IQ_TIME). */
const GRACE_SECONDS = 7 * 24 * 60 * 60;

/** The root directory and lost+found: whatever else there is belongs to nobody. */
const COUNTED_INODES = 2;

/** Quota files in which root, and project 0, use what the new file system holds, and nobody has a limit. */
export function writeQuotaFiles(writer: InodeWriter): void {
  const { geometry, placement } = writer;
  const sectors = usedSectors(geometry, placement.root) + usedSectors(geometry, placement.lostAndFound);
  quotaFiles(geometry).forEach(({ kind }, index) => {
    const at = quotaBlocks(writer, placement.quotas[index] ?? []);
    writeHeader(at(QUOTA_HEADER), QUOTA_MAGIC[kind]);
    QUOTA_TREE.forEach((block, level) => {
      const { view, base } = at(block);
      // The way to id 0 is the first slot of every level.
      view.setUint32(base, QUOTA_TREE[level + 1] ?? QUOTA_LEAF, true);
    });
    writeLeaf(at(QUOTA_LEAF), sectors * 512);
  });
}

interface Place {
  readonly view: DataView;
  readonly base: number;
}

/** Where each quota block of a file lies. */
function quotaBlocks({ image, geometry }: InodeWriter, runs: readonly Run[]): (block: number) => Place {
  const blocks = [...blocksOf(runs)];
  return (block) => {
    const offset = block * QUOTA_BLOCK_BYTES;
    const view = image.block(blocks[Math.floor(offset / geometry.blockSize)] ?? 0);
    return { view, base: offset % geometry.blockSize };
  };
}

function writeHeader({ view, base }: Place, magic: number): void {
  const header = QuotaHeaderLayout.at(view, base);
  header.magic = magic;
  header.version = QUOTA_VERSION;
  const info = QuotaInfoLayout.at(view, base + QuotaHeaderLayout.size);
  info.blockGrace = GRACE_SECONDS;
  info.inodeGrace = GRACE_SECONDS;
  info.blocks = QUOTA_BLOCKS;
  info.freeEntry = QUOTA_LEAF;
}

function writeLeaf({ view, base }: Place, bytes: number): void {
  QuotaBlockHeaderLayout.at(view, base).entries = 1;
  const entry = QuotaEntryLayout.at(view, base + QuotaBlockHeaderLayout.size);
  entry.inodesLo = COUNTED_INODES;
  entry.spaceLo = lowHalf(bytes);
  entry.spaceHi = highHalf(bytes);
}
