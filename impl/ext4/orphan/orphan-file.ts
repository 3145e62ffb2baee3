import type { BufferHead } from '../../buffer/buffer-head.ts';
import { assert } from '../../lib/assert.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { orphanBlockChecksum } from '../integrity/checksum.ts';
import {
  EXT4_ORPHAN_BLOCK_MAGIC,
  ORPHAN_BYTES,
  OrphanBlockTailLayout,
  orphansPerBlock,
} from '../layout/orphan-block.ts';
import { OrphanBlockSeal } from '../integrity/seals.ts';
import type { SpecialFile } from '../inode/special-file.ts';
import type { SuperBlock } from '../super/super-block.ts';

interface OrphanBlock {
  readonly buffer: BufferHead;
  /** Slots without an inode, those promised to an `add` under way not counted. */
  free: number;
}

/** The slots of the orphan file (the feature orphan_file): inode numbers in blocks that never move or grow. */
export class OrphanFile {
  readonly #blocks: readonly OrphanBlock[];
  readonly #perBlock: number;

  private constructor(blocks: readonly OrphanBlock[], perBlock: number) {
    this.#blocks = blocks;
    this.#perBlock = perBlock;
  }

  /** Reads and checks every block (ext4_init_orphan_info). Throws Corruption, fails with EIO. */
  static *load(sb: SuperBlock, file: SpecialFile): Sleepable<OrphanFile> {
    const perBlock = orphansPerBlock(sb.geometry.blockSize);
    const seal = sb.hasChecksums ? new OrphanBlockSeal(file.seed) : null;
    const blocks: OrphanBlock[] = [];
    for (let index = 0; index < file.blocks.length; index++) {
      const block = file.blocks.at(index);
      const buffer = yield* sb.cache.bread(block);
      const tail = OrphanBlockTailLayout.at(buffer.view, sb.geometry.blockSize - OrphanBlockTailLayout.size);
      const structure = `orphan file block ${index}`;
      if (tail.magic !== EXT4_ORPHAN_BLOCK_MAGIC) {
        throw new Corruption(structure, 'magic', tail.magic, String(EXT4_ORPHAN_BLOCK_MAGIC));
      }
      if (sb.hasChecksums) {
        const crc = orphanBlockChecksum(file.seed, block, buffer.data);
        if (tail.checksum !== crc) throw new BadChecksum(structure, 'checksum', tail.checksum, String(crc));
      }
      buffer.pinned = true;
      buffer.seal = seal;
      let free = 0;
      for (let slot = 0; slot < perBlock; slot++)
        if (buffer.view.getUint32(slot * ORPHAN_BYTES, true) === 0) free++;
      blocks.push({ buffer, free });
    }
    return new OrphanFile(blocks, perBlock);
  }

  /** Every slot in use, in order. */
  *entries(): Generator<{ readonly slot: number; readonly ino: number }> {
    for (const [index, { buffer, free }] of this.#blocks.entries()) {
      if (free === this.#perBlock) continue;
      for (let at = 0; at < this.#perBlock; at++) {
        const ino = buffer.view.getUint32(at * ORPHAN_BYTES, true);
        if (ino !== 0) yield { slot: index * this.#perBlock + at, ino };
      }
    }
  }

  /** Stores the number; null when every slot is taken. One credit. */
  *add(handle: Handle, ino: number): Sleepable<number | null> {
    const index = this.#blocks.findIndex(({ free }) => free > 0);
    const block = this.#blocks[index];
    if (block === undefined) return null;
    // Counted before sleeping, so that a slot is there afterwards.
    block.free--;
    try {
      yield* handle.getWriteAccess(block.buffer);
    } catch (error) {
      block.free++;
      throw error;
    }
    const { view } = block.buffer;
    let at = 0;
    while (at < this.#perBlock && view.getUint32(at * ORPHAN_BYTES, true) !== 0) at++;
    assert(at < this.#perBlock, () => `orphan file block ${index} counts a free slot but has none`);
    view.setUint32(at * ORPHAN_BYTES, ino, true);
    handle.dirtyMetadata(block.buffer);
    return index * this.#perBlock + at;
  }

  /** Empties a slot. One credit. */
  *remove(handle: Handle, slot: number): Sleepable<void> {
    const block = this.#blocks[Math.floor(slot / this.#perBlock)];
    assert(block !== undefined, () => `orphan file has no slot ${slot}`);
    yield* handle.getWriteAccess(block.buffer);
    block.buffer.view.setUint32((slot % this.#perBlock) * ORPHAN_BYTES, 0, true);
    block.free++;
    handle.dirtyMetadata(block.buffer);
  }
}
