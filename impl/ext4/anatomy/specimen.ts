import { seedFromUuid } from '../integrity/checksum.ts';
import {
  blocksCount,
  SUPERBLOCK_OFFSET,
  SuperBlockLayout,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import { INCOMPAT, RO_COMPAT } from '../super/features.ts';
import type { Bytes, Part } from './part.ts';

/** Of parts of one kind: there is no end to directory entries, and a few thousand tell as much. */
const PARTS_PER_STRUCTURE_MAX = 4000;

/**
 * A disk under the knife: reads blocks, knows the numbers that everything else is found by, and collects what is found.
 * Nothing that it reads is believed: a block that is not on the disk is null.
 */
export class Specimen {
  readonly disk: Bytes;
  readonly raw: RawSuperBlock;
  readonly blockSize: number;
  readonly blocks: number;
  readonly descriptorSize: number;
  readonly inodeSize: number;
  readonly groups: number;
  /** Register of metadata_csum, or null without the feature. */
  readonly checksumSeed: number | null;
  readonly parts: Part[] = [];
  readonly #counts = new Map<string, number>();

  /** Null when the superblock has no numbers that anything could be found by. */
  static of(disk: Bytes): Specimen | null {
    if (disk.sizeBytes < SUPERBLOCK_OFFSET + SuperBlockLayout.size) return null;
    const raw = SuperBlockLayout.at(viewAt(disk, SUPERBLOCK_OFFSET, SuperBlockLayout.size));
    const usable = raw.logBlockSize <= 6 && raw.blocksPerGroup > 0 && raw.inodesPerGroup > 0;
    return usable ? new Specimen(disk, raw) : null;
  }

  private constructor(disk: Bytes, raw: RawSuperBlock) {
    const is64bit = (raw.featureIncompat & INCOMPAT['64bit']) !== 0;
    this.disk = disk;
    this.raw = raw;
    this.blockSize = 1024 * 2 ** raw.logBlockSize;
    this.blocks = Math.min(blocksCount(raw, is64bit), Math.floor(disk.sizeBytes / this.blockSize));
    this.descriptorSize = is64bit && raw.descSize >= 64 ? Math.min(raw.descSize, this.blockSize) : 32;
    this.inodeSize = raw.inodeSize >= 128 && raw.inodeSize <= this.blockSize ? raw.inodeSize : 128;
    this.groups = Math.ceil(Math.max(1, this.blocks - raw.firstDataBlock) / raw.blocksPerGroup);
    const hasChecksums = (raw.featureRoCompat & RO_COMPAT.metadata_csum) !== 0;
    const ownSeed = (raw.featureIncompat & INCOMPAT.metadata_csum_seed) !== 0;
    this.checksumSeed = !hasChecksums ? null : ownSeed ? raw.checksumSeed : seedFromUuid(raw.uuid);
  }

  /** A copy of a block, or null where the disk has none. Block 0 belongs to nobody. */
  block(number: number): DataView | null {
    if (!Number.isInteger(number) || number < 1 || number >= this.blocks) return null;
    return viewAt(this.disk, number * this.blockSize, this.blockSize);
  }

  add(part: Part): void {
    const count = (this.#counts.get(part.structure) ?? 0) + 1;
    if (count > PARTS_PER_STRUCTURE_MAX || part.offset + part.size > this.disk.sizeBytes) return;
    this.#counts.set(part.structure, count);
    this.parts.push(part);
  }
}

/** A copy of bytes of the disk. */
export function viewAt(disk: Bytes, offset: number, length: number): DataView {
  const bytes = new Uint8Array(length);
  disk.read(offset, bytes);
  return new DataView(bytes.buffer);
}

export const bytesOf = (view: DataView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Reads a range, lets `change` alter it, and writes it back. */
export function amend(disk: Bytes, offset: number, length: number, change: (view: DataView) => void): void {
  const view = viewAt(disk, offset, length);
  change(view);
  disk.write(offset, bytesOf(view));
}
