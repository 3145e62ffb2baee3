import type { BufferHead, Seal } from '../../buffer/buffer-head.ts';
import { present } from '../../lib/assert.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { clearBit, countClear, findClear, setBit, setRange, testBit } from './bitmap.ts';
import { bitmapChecksum, inodeBitmapChecksumMatches, setInodeBitmapChecksum } from '../integrity/checksum.ts';
import { isDirectory } from '../inode/inode.ts';
import { preferredGroup, type Birthplace } from './inode-placement.ts';
import {
  EXT4_BG_INODE_UNINIT,
  freeInodes,
  inodeBitmap,
  setFreeInodes,
  setUnusedInodes,
  setUsedDirectories,
  unusedInodes,
  usedDirectories,
} from '../layout/group-descriptor.ts';
import { BitmapSeal } from '../integrity/seals.ts';
import type { Group, SuperBlock } from '../super/super-block.ts';

/** Hands out inode numbers and takes them back (fs/ext4/ialloc.c). */
export class InodeAllocator {
  /** Free inodes of the whole file system (s_freeinodes_counter). */
  freeInodes = 0;
  /** Directories of the whole file system (s_dirs_counter). */
  directories = 0;
  readonly #sb: SuperBlock;
  readonly #seals: readonly (Seal | null)[];

  constructor(sb: SuperBlock) {
    this.#sb = sb;
    const { descriptorSize, inodesPerGroup } = sb.geometry;
    for (const { raw } of sb.groups) {
      this.freeInodes += freeInodes(raw, descriptorSize);
      this.directories += usedDirectories(raw, descriptorSize);
    }
    this.#seals = sb.groups.map(({ raw }) =>
      sb.hasChecksums
        ? new BitmapSeal(setInodeBitmapChecksum, sb.checksumSeed, raw, descriptorSize, inodesPerGroup)
        : null,
    );
  }

  /**
   * A free inode number, marked as used (the first half of __ext4_new_inode): near its parent, directories spread.
   * Fails with ENOSPC. Credits: bitmap and descriptor block.
   */
  *allocate(handle: Handle, birthplace: Birthplace | null, mode: number): Sleepable<number> {
    const { groups, geometry } = this.#sb;
    const first = preferredGroup(this.#sb, birthplace, isDirectory(mode));
    for (let step = 0; step < groups.length; step++) {
      const group = groups[(first + step) % groups.length];
      if (group === undefined || freeInodes(group.raw, geometry.descriptorSize) === 0) continue;
      const bit = yield* this.#take(handle, group, isDirectory(mode));
      if (bit !== null) return group.number * geometry.inodesPerGroup + bit + 1;
    }
    return fail('ENOSPC');
  }

  /** Marks one number of the group as used; null when all free ones are still in memory as deleted inodes. */
  *#take(handle: Handle, group: Group, directory: boolean): Sleepable<number | null> {
    const { inodesPerGroup } = this.#sb.geometry;
    const buffer = yield* this.#bitmap(group);
    for (let bit = this.#nextFree(buffer, group, 0); bit < inodesPerGroup;) {
      yield* handle.getWriteAccess(buffer);
      yield* handle.getWriteAccess(group.buffer);
      if (!testBit(buffer.data, bit)) {
        setBit(buffer.data, bit);
        this.#count(handle, group, bit, directory);
        handle.dirtyMetadata(buffer);
        return bit;
      }
      // Somebody else took it while this task slept.
      bit = this.#nextFree(buffer, group, bit + 1);
    }
    return null;
  }

  /** The first clear bit from `from` on whose inode has left memory; inodesPerGroup if there is none. */
  #nextFree(buffer: BufferHead, group: Group, from: number): number {
    const { inodesPerGroup, firstInode } = this.#sb.geometry;
    const base = group.number * inodesPerGroup + 1;
    const start = Math.max(from, firstInode - base);
    let bit = findClear(buffer.data, start, inodesPerGroup);
    while (bit < inodesPerGroup && this.#sb.inodes.has(base + bit))
      bit = findClear(buffer.data, bit + 1, inodesPerGroup);
    return bit;
  }

  #count(handle: Handle, { raw, buffer }: Group, bit: number, directory: boolean): void {
    const { descriptorSize, inodesPerGroup } = this.#sb.geometry;
    if (this.#sb.hasGroupChecksums) {
      const fresh = (raw.flags & EXT4_BG_INODE_UNINIT) !== 0;
      raw.flags &= ~EXT4_BG_INODE_UNINIT;
      const usedUpTo = fresh ? 0 : inodesPerGroup - unusedInodes(raw, descriptorSize);
      setUnusedInodes(raw, descriptorSize, inodesPerGroup - Math.max(usedUpTo, bit + 1));
    }
    setFreeInodes(raw, descriptorSize, freeInodes(raw, descriptorSize) - 1);
    this.freeInodes--;
    if (directory && !this.#sb.options.faults.has('mkdir-forgets-used-dirs')) {
      setUsedDirectories(raw, descriptorSize, usedDirectories(raw, descriptorSize) + 1);
      this.directories++;
    }
    handle.dirtyMetadata(buffer);
  }

  /** Marks as used a number that is known to be (ext4_mark_inode_used). It is in range and free. */
  *claim(handle: Handle, ino: number, mode: number): Sleepable<void> {
    const { groups, geometry } = this.#sb;
    const group = present(groups[Math.floor((ino - 1) / geometry.inodesPerGroup)], 'group');
    const bit = (ino - 1) % geometry.inodesPerGroup;
    const buffer = yield* this.#bitmap(group);
    yield* handle.getWriteAccess(buffer);
    yield* handle.getWriteAccess(group.buffer);
    setBit(buffer.data, bit);
    this.#count(handle, group, bit, isDirectory(mode));
    handle.dirtyMetadata(buffer);
  }

  /** Marks the number as free (ext4_free_inode). Throws Corruption when it is free or reserved. */
  *free(handle: Handle, ino: number, mode: number): Sleepable<void> {
    const { groups, geometry } = this.#sb;
    const { inodesPerGroup, descriptorSize } = geometry;
    const group = groups[Math.floor((ino - 1) / inodesPerGroup)];
    if (group === undefined || ino < geometry.firstInode) {
      throw new Corruption(
        'ext4_inode',
        'number',
        ino,
        `${geometry.firstInode} .. ${geometry.inodes} when freed`,
      );
    }
    const bit = (ino - 1) % inodesPerGroup;
    const buffer = yield* this.#bitmap(group);
    yield* handle.getWriteAccess(buffer);
    yield* handle.getWriteAccess(group.buffer);
    if (!testBit(buffer.data, bit)) {
      throw new Corruption(
        `inode bitmap of group ${group.number}`,
        `bit ${bit}`,
        0,
        `1, because inode ${ino} is freed`,
      );
    }
    clearBit(buffer.data, bit);
    handle.dirtyMetadata(buffer);
    setFreeInodes(group.raw, descriptorSize, freeInodes(group.raw, descriptorSize) + 1);
    this.freeInodes++;
    if (isDirectory(mode)) {
      setUsedDirectories(group.raw, descriptorSize, usedDirectories(group.raw, descriptorSize) - 1);
      this.directories--;
    }
    handle.dirtyMetadata(group.buffer);
  }

  /** Is the number marked as used? Throws Corruption when the bitmap is wrong. */
  *isUsed(ino: number): Sleepable<boolean> {
    const { groups, geometry } = this.#sb;
    const group = groups[Math.floor((ino - 1) / geometry.inodesPerGroup)];
    if (group === undefined || ino < 1) return false;
    const buffer = yield* this.#bitmap(group);
    return testBit(buffer.data, (ino - 1) % geometry.inodesPerGroup);
  }

  /** ext4_read_inode_bitmap. */
  *#bitmap(group: Group): Sleepable<BufferHead> {
    const { cache, geometry, hasGroupChecksums } = this.#sb;
    const block = inodeBitmap(group.raw, geometry.descriptorSize);
    const follows = hasGroupChecksums && (group.raw.flags & EXT4_BG_INODE_UNINIT) !== 0;
    const buffer = follows ? cache.getblk(block) : yield* cache.bread(block);
    if (!buffer.verified) {
      if (follows) {
        buffer.data.fill(0);
        setRange(buffer.data, geometry.inodesPerGroup, buffer.data.length * 8);
      } else this.#verify(group, buffer.data);
      buffer.uptodate = true;
      buffer.verified = true;
    }
    buffer.seal = this.#seals[group.number] ?? null;
    return buffer;
  }

  #verify({ number, raw }: Group, bits: Uint8Array): void {
    const { hasChecksums, checksumSeed, geometry } = this.#sb;
    const { descriptorSize, inodesPerGroup } = geometry;
    if (hasChecksums) {
      const crc = bitmapChecksum(checksumSeed, bits, inodesPerGroup);
      if (!inodeBitmapChecksumMatches(raw, descriptorSize, crc)) {
        const structure = `inode bitmap of group ${number}`;
        throw new BadChecksum(structure, 'checksum', raw.inodeBitmapCsumLo, `low half of ${crc}`);
      }
    }
    const clear = countClear(bits, 0, inodesPerGroup);
    const free = freeInodes(raw, descriptorSize);
    if (clear !== free) {
      throw new Corruption(`ext4_group_desc ${number}`, 'freeInodesCount', free, `${clear} as in the bitmap`);
    }
  }
}
