import type { BufferHead, Seal } from '../../buffer/buffer-head.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import {
  clearRange,
  countClear,
  findClear,
  findRegion,
  findRun,
  findSet,
  setRange,
  type ClearRun,
} from './bitmap.ts';
import { bitmapChecksum, blockBitmapChecksumMatches, setBlockBitmapChecksum } from '../integrity/checksum.ts';
import { groupBaseBlocks, groupClusters, groupFirstBlock, type GroupLayout } from './group-layout.ts';
import {
  blockBitmap,
  EXT4_BG_BLOCK_UNINIT,
  freeBlocks,
  inodeBitmap,
  inodeTable,
  setFreeBlocks,
} from '../layout/group-descriptor.ts';
import { BitmapSeal } from '../integrity/seals.ts';
import type { Group, SuperBlock } from '../super/super-block.ts';

const NOT_LOADED = new Uint8Array(0);

/**
 * The blocks of one group: its bitmap on disk, and in memory which blocks may be handed out. The two differ by blocks
 * that were freed under a transaction that has not committed: until then a crash would give them back to their owner.
 */
export class BlockGroup {
  readonly number: number;
  readonly firstBlock: number;
  /** What the bitmap counts: blocks, or with bigalloc pieces of `ratio` blocks, the last of which may be short. */
  readonly clusters: number;
  readonly ratio: number;
  /** Bit set: in use, set aside, promised to an allocation under way, or freed and not committed. */
  busy: Uint8Array = NOT_LOADED;
  /** Clear bits of `busy`, once it is loaded. */
  available = 0;
  /** The device knows of every free run that is long enough (EXT4_GROUP_INFO_WAS_TRIMMED). */
  trimmed = false;
  /** No run of clear bits is longer (bb_largest_free_order, roughly): what is known without looking again. */
  longestBound = 0;
  /** Every bit before this one is set. */
  #firstClear = 0;
  readonly #sb: SuperBlock;
  readonly #layout: GroupLayout;
  readonly #group: Group;
  readonly #seal: Seal | null;

  constructor(sb: SuperBlock, layout: GroupLayout, group: Group) {
    this.#sb = sb;
    this.#layout = layout;
    this.#group = group;
    this.number = group.number;
    this.firstBlock = groupFirstBlock(layout, group.number);
    this.clusters = groupClusters(layout, group.number);
    this.ratio = layout.clusterRatio;
    const { descriptorSize, clustersPerGroup } = sb.geometry;
    this.#seal = sb.hasChecksums
      ? new BitmapSeal(setBlockBitmapChecksum, sb.checksumSeed, group.raw, descriptorSize, clustersPerGroup)
      : null;
  }

  get loaded(): boolean {
    return this.busy !== NOT_LOADED;
  }

  /** Free clusters by the descriptor, those that wait for a commit included. */
  get free(): number {
    return freeBlocks(this.#group.raw, this.#sb.geometry.descriptorSize);
  }

  /** The bitmap as it is on disk, or shall be; checked. Throws Corruption, fails with EIO (ext4_read_block_bitmap). */
  *bitmap(): Sleepable<BufferHead> {
    const { cache, geometry } = this.#sb;
    const { raw } = this.#group;
    const block = blockBitmap(raw, geometry.descriptorSize);
    const buffer = this.#follows ? cache.getblk(block) : yield* cache.bread(block);
    if (!buffer.verified) {
      if (this.#follows) this.#initialise(buffer.data);
      else this.#verify(buffer.data);
      buffer.uptodate = true;
      buffer.verified = true;
    }
    buffer.seal = this.#seal;
    if (!this.loaded) this.#load(buffer.data);
    return buffer;
  }

  /** No bitmap was ever written: it follows from the layout. */
  get #follows(): boolean {
    return this.#sb.hasGroupChecksums && (this.#group.raw.flags & EXT4_BG_BLOCK_UNINIT) !== 0;
  }

  /** ext4_init_block_bitmap: nothing but the group's own metadata is in use. */
  #initialise(bits: Uint8Array): void {
    bits.fill(0);
    for (const { start, end } of this.#ownMetadata()) setRange(bits, start, end);
    setRange(bits, this.clusters, bits.length * 8);
  }

  /** Ranges of bits of the group's own metadata that lie in the group; with flex_bg bitmaps and table may lie elsewhere. */
  #ownMetadata(): { readonly start: number; readonly end: number; readonly what: string }[] {
    const { descriptorSize, inodeTableBlocksPerGroup } = this.#sb.geometry;
    const { raw } = this.#group;
    const runs = [
      { at: blockBitmap(raw, descriptorSize), length: 1, what: 'block bitmap' },
      { at: inodeBitmap(raw, descriptorSize), length: 1, what: 'inode bitmap' },
      { at: inodeTable(raw, descriptorSize), length: inodeTableBlocksPerGroup, what: 'inode table' },
    ].map(({ at, length, what }) => ({
      start: Math.max(0, Math.floor((at - this.firstBlock) / this.ratio)),
      end: Math.min(this.clusters, Math.ceil((at - this.firstBlock + length) / this.ratio)),
      what,
    }));
    const baseBlocks = groupBaseBlocks(this.#layout, this.number);
    const base = Math.min(this.clusters, Math.ceil(baseBlocks / this.ratio));
    runs.push({ start: 0, end: base, what: 'superblock and descriptors' });
    return runs.filter(({ start, end }) => start < end);
  }

  /** ext4_validate_block_bitmap, and the comparison that ext4_mb_generate_buddy makes. */
  #verify(bits: Uint8Array): void {
    const { hasChecksums, checksumSeed, geometry } = this.#sb;
    const { raw } = this.#group;
    const structure = `block bitmap of group ${this.number}`;
    if (hasChecksums) {
      const crc = bitmapChecksum(checksumSeed, bits, geometry.clustersPerGroup);
      if (!blockBitmapChecksumMatches(raw, geometry.descriptorSize, crc)) {
        throw new BadChecksum(structure, 'checksum', raw.blockBitmapCsumLo, `low half of ${crc}`);
      }
    }
    for (const { start, end, what } of this.#ownMetadata()) {
      const hole = findClear(bits, start, end);
      if (hole < end)
        throw new Corruption(structure, `bit ${hole}`, 0, `1, because it is the group's ${what}`);
    }
    const clear = countClear(bits, 0, this.clusters);
    if (clear !== this.free) {
      throw new Corruption(
        `ext4_group_desc ${this.number}`,
        'freeBlocksCount',
        this.free,
        `${clear} as in the bitmap`,
      );
    }
  }

  #load(bits: Uint8Array): void {
    this.busy = bits.slice();
    setRange(this.busy, this.clusters, bits.length * 8);
    this.available = countClear(this.busy, 0, this.clusters);
    this.longestBound = this.available;
    this.#firstClear = 0;
  }

  /** Takes bits out of the view, or gives them back to it: no allocation sees them as free in between. */
  hold(start: number, length: number): void {
    setRange(this.busy, start, start + length);
    this.available -= length;
  }

  release(start: number, length: number): void {
    clearRange(this.busy, start, start + length);
    this.available += length;
    this.longestBound = this.available;
    this.trimmed = false;
    this.#firstClear = Math.min(this.#firstClear, start);
  }

  /** Clear bits from `start` on, at most `length`. */
  freeAt(start: number, length: number): number {
    return findSet(this.busy, start, Math.min(this.clusters, start + length)) - start;
  }

  /** The first run of `length` clear bits, else the longest one. */
  findFirst(length: number): ClearRun {
    const run: ClearRun = { start: 0, length: 0 };
    this.#firstClear = findClear(this.busy, this.#firstClear, this.clusters);
    findRun(this.busy, this.#firstClear, this.clusters, length, run);
    if (run.length < length) this.longestBound = run.length;
    return run;
  }

  /** `length` clear bits with up to `room` of them behind, else the longest run; see bitmap.ts. */
  findRegion(length: number, room: number): ClearRun {
    this.#firstClear = findClear(this.busy, this.#firstClear, this.clusters);
    const run = findRegion(this.busy, this.#firstClear, this.clusters, length, room);
    if (run.length < length) this.longestBound = run.length;
    return run;
  }

  /** Marks held bits as used on disk (ext4_mb_mark_diskspace_used). */
  *markUsed(handle: Handle, start: number, length: number): Sleepable<void> {
    const buffer = yield* this.bitmap();
    yield* handle.getWriteAccess(buffer);
    yield* handle.getWriteAccess(this.#group.buffer);
    const used = findSet(buffer.data, start, start + length);
    if (used < start + length) {
      throw new Corruption(
        `block bitmap of group ${this.number}`,
        `bit ${used}`,
        1,
        '0, because the block was free',
      );
    }
    setRange(buffer.data, start, start + length);
    this.#change(handle, buffer, -length);
  }

  /** Marks bits as free on disk, not in the view (ext4_mb_clear_bb). */
  *markFree(handle: Handle, start: number, length: number): Sleepable<void> {
    const buffer = yield* this.bitmap();
    yield* handle.getWriteAccess(buffer);
    yield* handle.getWriteAccess(this.#group.buffer);
    const hole = findClear(buffer.data, start, start + length);
    if (hole < start + length) {
      throw new Corruption(
        `block bitmap of group ${this.number}`,
        `bit ${hole}`,
        0,
        '1, because the block is freed',
      );
    }
    clearRange(buffer.data, start, start + length);
    this.#change(handle, buffer, length);
  }

  #change(handle: Handle, buffer: BufferHead, freed: number): void {
    const { raw } = this.#group;
    const { descriptorSize } = this.#sb.geometry;
    if (this.#follows) raw.flags &= ~EXT4_BG_BLOCK_UNINIT;
    setFreeBlocks(raw, descriptorSize, freeBlocks(raw, descriptorSize) + freed);
    this.#sb.freeSpace.free += freed;
    handle.dirtyMetadata(buffer);
    handle.dirtyMetadata(this.#group.buffer);
  }
}
