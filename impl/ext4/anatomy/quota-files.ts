import {
  QUOTA_BLOCK_BYTES,
  QUOTA_ROOT_BLOCK,
  QUOTA_TREE_DEPTH,
  QUOTA_TREE_WORDS,
  QuotaBlockHeaderLayout,
  QuotaEntryLayout,
  QuotaHeaderLayout,
  QuotaInfoLayout,
} from '../layout/quota-file.ts';
import type { RawSuperBlock } from '../layout/superblock.ts';
import { RO_COMPAT } from '../super/features.ts';
import type { DissectedInode } from './inodes.ts';
import { tablePart, wordsPart, type Placed } from './part.ts';
import { viewAt, type Specimen } from './specimen.ts';

/** Of one file. */
const BLOCKS_MAX = 64;

/** Is this one of the files that the superblock names for quotas? */
export function isQuotaFile(raw: RawSuperBlock, ino: number): boolean {
  if ((raw.featureRoCompat & RO_COMPAT.quota) === 0) return false;
  return ino === raw.usrQuotaInum || ino === raw.grpQuotaInum || ino === raw.prjQuotaInum;
}

/** A quota file: header, information, the tree of ids, and the entries that its leaves hold. Nothing in it is sealed. */
export function dissectQuotaFile(
  specimen: Specimen,
  { ino }: DissectedInode,
  blocks: readonly number[],
): void {
  new QuotaWalk(specimen, ino, blocks).all();
}

class QuotaWalk {
  readonly #specimen: Specimen;
  readonly #ino: number;
  readonly #blocks: readonly number[];
  readonly #seen = new Set<number>();

  constructor(specimen: Specimen, ino: number, blocks: readonly number[]) {
    this.#specimen = specimen;
    this.#ino = ino;
    this.#blocks = blocks;
  }

  all(): void {
    const start = this.#offset(0);
    if (start === null) return;
    const place = `of inode ${this.#ino}`;
    this.#specimen.add(tablePart(QuotaHeaderLayout, { place, offset: start, seal: null }));
    const offset = start + QuotaHeaderLayout.size;
    this.#specimen.add(tablePart(QuotaInfoLayout, { place, offset, seal: null }));
    this.#node(QUOTA_ROOT_BLOCK, QUOTA_TREE_DEPTH);
  }

  /** Byte on the device of a block of the quota's own, or null behind the end of the file. */
  #offset(block: number): number | null {
    const { blockSize, disk } = this.#specimen;
    const position = block * QUOTA_BLOCK_BYTES;
    const device = this.#blocks[Math.floor(position / blockSize)];
    if (device === undefined) return null;
    const offset = device * blockSize + (position % blockSize);
    return offset + QUOTA_BLOCK_BYTES <= disk.sizeBytes ? offset : null;
  }

  #node(block: number, levels: number): void {
    const offset = this.#offset(block);
    if (offset === null || this.#seen.has(block) || this.#seen.size >= BLOCKS_MAX) return;
    this.#seen.add(block);
    const view = viewAt(this.#specimen.disk, offset, QUOTA_BLOCK_BYTES);
    const where = { place: `${block} of inode ${this.#ino}`, offset, seal: null };
    if (levels === 0) return this.#entries(view, where);
    this.#specimen.add(wordsPart('quota tree', where, QUOTA_TREE_WORDS));
    for (let slot = 0; slot < QUOTA_TREE_WORDS; slot++) {
      const child = view.getUint32(4 * slot, true);
      if (child !== 0) this.#node(child, levels - 1);
    }
  }

  #entries(view: DataView, { place, offset, seal }: Placed): void {
    this.#specimen.add(tablePart(QuotaBlockHeaderLayout, { place, offset, seal }));
    const { entries } = QuotaBlockHeaderLayout.at(view);
    const room = Math.floor((QUOTA_BLOCK_BYTES - QuotaBlockHeaderLayout.size) / QuotaEntryLayout.size);
    for (let slot = 0; slot < Math.min(entries, room); slot++) {
      const at = QuotaBlockHeaderLayout.size + slot * QuotaEntryLayout.size;
      this.#specimen.add(
        tablePart(QuotaEntryLayout, { place: `${slot} in ${place}`, offset: offset + at, seal }),
      );
    }
  }
}
