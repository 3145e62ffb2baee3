import type { BufferHead, Seal } from '../../buffer/buffer-head.ts';
import {
  bitmapChecksum,
  directoryIndexChecksum,
  directoryLeafChecksum,
  extentBlockChecksum,
  orphanBlockChecksum,
  type setBlockBitmapChecksum,
  superBlockChecksum,
  xattrBlockChecksum,
} from './checksum.ts';
import type { GroupChecksum } from './group-checksum.ts';
import { DxCountLimitLayout, DxEntryLayout, DxTailLayout } from '../layout/directory-index.ts';
import { ExtentHeaderLayout, extentTailOffset } from '../layout/extent.ts';
import type { RawGroupDescriptor } from '../layout/group-descriptor.ts';
import { OrphanBlockTailLayout } from '../layout/orphan-block.ts';
import { SuperBlockLayout } from '../layout/superblock.ts';
import { XattrHeaderLayout } from '../layout/xattr.ts';

/**
 * Seals store checksums when a block leaves memory, once per commit instead of once per change. All are for file
 * systems with metadata_csum, that of descriptors for those with uninit_bg as well; else a buffer's seal stays null.
 */

/** s_checksum of the superblock, which lies at byte `offset` of its block. */
export class SuperBlockSeal implements Seal {
  readonly stage = 1;
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  apply(buffer: BufferHead): void {
    const data = buffer.data.subarray(this.#offset, this.#offset + SuperBlockLayout.size);
    const { offset } = SuperBlockLayout.fields.checksum;
    buffer.view.setUint32(this.#offset + offset, superBlockChecksum(data), true);
  }
}

/** bg_checksum of every descriptor in one block; stage 1, because descriptors hold the checksums of bitmaps. */
export class GroupDescriptorSeal implements Seal {
  readonly stage = 1;
  readonly #checksum: GroupChecksum;
  readonly #descriptorSize: number;
  readonly #groups: { readonly number: number; readonly raw: RawGroupDescriptor }[] = [];

  constructor(checksum: GroupChecksum, descriptorSize: number) {
    this.#checksum = checksum;
    this.#descriptorSize = descriptorSize;
  }

  add(group: { readonly number: number; readonly raw: RawGroupDescriptor }): void {
    this.#groups.push(group);
  }

  apply(buffer: BufferHead): void {
    for (const { number, raw } of this.#groups) {
      const descriptor = buffer.data.subarray(raw.base, raw.base + this.#descriptorSize);
      raw.checksum = this.#checksum(number, descriptor);
    }
  }
}

/** setBlockBitmapChecksum or setInodeBitmapChecksum: stores a bitmap's checksum in its group's descriptor. */
type StoreChecksum = typeof setBlockBitmapChecksum;

/** Checksum of one bitmap of a group, into the group's descriptor. The descriptor's block is in the same transaction. */
export class BitmapSeal implements Seal {
  readonly stage = 0;
  readonly #store: StoreChecksum;
  readonly #seed: number;
  readonly #descriptor: RawGroupDescriptor;
  readonly #descriptorSize: number;
  readonly #bits: number;

  constructor(
    store: StoreChecksum,
    seed: number,
    descriptor: RawGroupDescriptor,
    descriptorSize: number,
    bits: number,
  ) {
    this.#store = store;
    this.#seed = seed;
    this.#descriptor = descriptor;
    this.#descriptorSize = descriptorSize;
    this.#bits = bits;
  }

  apply(buffer: BufferHead): void {
    const crc = bitmapChecksum(this.#seed, buffer.data, this.#bits);
    this.#store(this.#descriptor, this.#descriptorSize, crc);
  }
}

/** et_checksum of a block of an inode's extent tree; `inodeSeed` comes from checksum.ts. */
export class ExtentBlockSeal implements Seal {
  readonly stage = 0;
  readonly #inodeSeed: number;

  constructor(inodeSeed: number) {
    this.#inodeSeed = inodeSeed;
  }

  apply(buffer: BufferHead): void {
    const max = buffer.view.getUint16(ExtentHeaderLayout.fields.max.offset, true);
    const offset = extentTailOffset(max);
    buffer.view.setUint32(offset, extentBlockChecksum(this.#inodeSeed, buffer.data, max), true);
  }
}

/** det_checksum of a directory's leaf block. */
export class DirectoryLeafSeal implements Seal {
  readonly stage = 0;
  readonly #inodeSeed: number;

  constructor(inodeSeed: number) {
    this.#inodeSeed = inodeSeed;
  }

  apply(buffer: BufferHead): void {
    buffer.view.setUint32(buffer.data.length - 4, directoryLeafChecksum(this.#inodeSeed, buffer.data), true);
  }
}

/** dt_checksum of a directory's index block, root (`countOffset` DX_ROOT_COUNT_OFFSET) or inner node. */
export class DirectoryIndexSeal implements Seal {
  readonly stage = 0;
  readonly #inodeSeed: number;
  readonly #countOffset: number;

  constructor(inodeSeed: number, countOffset: number) {
    this.#inodeSeed = inodeSeed;
    this.#countOffset = countOffset;
  }

  apply(buffer: BufferHead): void {
    const { view, data } = buffer;
    const { limit, count } = DxCountLimitLayout.at(view, this.#countOffset);
    const crc = directoryIndexChecksum(this.#inodeSeed, data, this.#countOffset, limit, count);
    DxTailLayout.at(view, this.#countOffset + limit * DxEntryLayout.size).checksum = crc;
  }
}

/** ob_checksum of a block of the orphan file. */
export class OrphanBlockSeal implements Seal {
  readonly stage = 0;
  readonly #inodeSeed: number;

  constructor(inodeSeed: number) {
    this.#inodeSeed = inodeSeed;
  }

  apply(buffer: BufferHead): void {
    const offset =
      buffer.data.length - OrphanBlockTailLayout.size + OrphanBlockTailLayout.fields.checksum.offset;
    buffer.view.setUint32(offset, orphanBlockChecksum(this.#inodeSeed, buffer.block, buffer.data), true);
  }
}

/** h_checksum of a block of extended attributes. */
export class XattrBlockSeal implements Seal {
  readonly stage = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  apply(buffer: BufferHead): void {
    const { offset } = XattrHeaderLayout.fields.checksum;
    buffer.view.setUint32(offset, xattrBlockChecksum(this.#seed, buffer.block, buffer.data), true);
  }
}
