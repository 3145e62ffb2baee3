import { SECTOR_BYTES } from '../../block/bio.ts';
import { Corruption, MountRefused } from '../../lib/corruption.ts';
import type { GroupLayout } from '../allocation/group-layout.ts';
import { groupChecksumOf, type GroupChecksum } from '../integrity/group-checksum.ts';
import { SUPERBLOCK_OFFSET, SuperBlockLayout, type RawSuperBlock } from '../layout/superblock.ts';
import { checkSuperBlock, type CheckedSuperBlock } from '../super/check.ts';
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
  /** How descriptors are sealed, or null where they are not. */
  readonly groupChecksum: GroupChecksum | null;
  readonly layout: GroupLayout;
  readonly parts: Part[] = [];
  readonly #counts = new Map<string, number>();

  /** Null when the superblock has no numbers that anything could be found by. */
  static of(disk: Bytes): Specimen | null {
    if (disk.sizeBytes < SUPERBLOCK_OFFSET + SuperBlockLayout.size) return null;
    const raw = SuperBlockLayout.at(viewAt(disk, SUPERBLOCK_OFFSET, SuperBlockLayout.size));
    try {
      return new Specimen(disk, raw, checkSuperBlock(raw, Math.floor(disk.sizeBytes / SECTOR_BYTES)));
    } catch (error) {
      if (error instanceof Corruption || error instanceof MountRefused) return null;
      throw error;
    }
  }

  private constructor(disk: Bytes, raw: RawSuperBlock, checked: CheckedSuperBlock) {
    const { geometry } = checked;
    this.disk = disk;
    this.raw = raw;
    this.layout = checked.layout;
    this.blockSize = geometry.blockSize;
    this.blocks = geometry.blocks;
    this.descriptorSize = geometry.descriptorSize;
    this.inodeSize = geometry.inodeSize;
    this.groups = geometry.groups;
    this.checksumSeed = checked.hasChecksums ? checked.checksumSeed : null;
    this.groupChecksum = groupChecksumOf(checked.features, checked.checksumSeed, raw.uuid);
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
