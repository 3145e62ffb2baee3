import { SECTOR_BYTES } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { transfer } from '../block/transfer.ts';
import { assert } from '../lib/assert.ts';
import { fail, Failure } from '../lib/errno.ts';
import { BlockMemory, type MemoryBlock } from '../mm/block-memory.ts';
import { READY, ready, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import { BufferHead } from './buffer-head.ts';
import { WriteBatch } from './write-batch.ts';

/**
 * The metadata blocks of a device in memory (the block device's page cache, as sb_bread and sb_getblk see it). A block
 * is here at most once, so two users of it share its bytes.
 */
export class BufferCache {
  readonly device: BlockDevice;
  /** Bytes. */
  readonly blockSize: number;
  readonly memory: BlockMemory;
  readonly #sectorsPerBlock: number;
  readonly #buffers = new Map<number, BufferHead>();

  constructor(device: BlockDevice, blockSize: number, memory = new BlockMemory(blockSize)) {
    assert(
      memory.blockSize === blockSize,
      () => `memory in blocks of ${memory.blockSize} for blocks of ${blockSize}`,
    );
    this.device = device;
    this.blockSize = blockSize;
    this.memory = memory;
    this.#sectorsPerBlock = blockSize / SECTOR_BYTES;
  }

  get blocks(): number {
    return Math.floor(this.device.sectors / this.#sectorsPerBlock);
  }

  /** The buffer of `block`, not read: for a block that will be written whole (sb_getblk). */
  getblk(block: number): BufferHead {
    return this.#buffers.get(block) ?? this.#add(block, this.memory.take());
  }

  #add(block: number, memory: MemoryBlock): BufferHead {
    assert(Number.isInteger(block) && block >= 0, () => `buffer of impossible block ${block}`);
    const buffer = new BufferHead(block, memory);
    this.#buffers.set(block, buffer);
    return buffer;
  }

  /** The buffer if it is in memory (sb_find_get_block). */
  find(block: number): BufferHead | null {
    return this.#buffers.get(block) ?? null;
  }

  /** The buffer with its contents (sb_bread). Fails with EIO, also beyond the end of the device. */
  bread(block: number): Sleepable<BufferHead> {
    const cached = this.#buffers.get(block);
    if (cached?.uptodate === true) return ready(cached);
    if (block >= this.blocks) fail('EIO');
    return this.#read(cached ?? this.#add(block, this.memory.takeAnything()));
  }

  /**
   * Reads those of the `count` blocks from `block` on that are not in memory, neighbours in one transfer
   * (__bh_read_batch). It may fail: whoever needs a block asks for it with bread and hears of it.
   */
  *readAhead(block: number, count: number): Sleepable<void> {
    const end = Math.min(block + count, this.blocks);
    for (let at = block; at < end;) {
      const run = this.#unreadRun(at, end);
      if (run.length > 0) yield* this.#readRun(run);
      at += Math.max(1, run.length);
    }
  }

  /** The buffers from `block` on, before `end`, that nobody has read and nobody is busy with. */
  #unreadRun(block: number, end: number): BufferHead[] {
    const run: BufferHead[] = [];
    for (let at = block; at < end; at++) {
      const buffer = this.getblk(at);
      if (buffer.uptodate || buffer.locked) break;
      run.push(buffer);
    }
    return run;
  }

  *#readRun(run: readonly BufferHead[]): Sleepable<void> {
    for (const buffer of run) buffer.locked = true;
    try {
      yield* transfer(this.device, {
        direction: 'read',
        sector: (run[0]?.block ?? 0) * this.#sectorsPerBlock,
        segments: run.map(({ data }) => data),
        preflush: false,
        fua: false,
      });
      for (const buffer of run) buffer.uptodate = true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    } finally {
      for (const buffer of run) buffer.locked = false;
    }
  }

  /** Writes one buffer in place and waits (sync_dirty_buffer, with flags). Fails with EIO. */
  *write(buffer: BufferHead, flags: { readonly preflush: boolean; readonly fua: boolean }): Sleepable<void> {
    yield* this.#lock(buffer);
    buffer.dirty = false;
    try {
      yield* transfer(this.device, {
        direction: 'write',
        sector: buffer.block * this.#sectorsPerBlock,
        segments: [buffer.data],
        ...flags,
      });
      buffer.writeError = null;
    } catch (error) {
      buffer.writeError = 'EIO';
      throw error;
    } finally {
      buffer.locked = false;
    }
  }

  /**
   * Writes the buffers that are dirty when their turn comes, neighbours in one transfer, and waits (write_dirty_buffer
   * for each). The caller gives them in order of block number. Fails with EIO if any write did.
   */
  *writeDirty(buffers: readonly BufferHead[]): Sleepable<void> {
    const batch = new WriteBatch(this.device, this.blockSize);
    const written: BufferHead[] = [];
    try {
      for (const buffer of buffers) {
        yield* this.#lock(buffer);
        written.push(buffer);
        if (!buffer.dirty) continue;
        buffer.dirty = false;
        buffer.writeError = null;
        batch.add(buffer.block, buffer.data);
      }
      yield* batch.finish();
    } catch (error) {
      // Which of them failed is not known; none may count as written.
      for (const buffer of written) buffer.writeError = 'EIO';
      throw error;
    } finally {
      for (const buffer of written) buffer.locked = false;
    }
  }

  *#read(buffer: BufferHead): Sleepable<BufferHead> {
    yield* this.#lock(buffer);
    try {
      // Whoever held the lock may have read it.
      if (buffer.uptodate) return buffer;
      yield* transfer(this.device, {
        direction: 'read',
        sector: buffer.block * this.#sectorsPerBlock,
        segments: [buffer.data],
        preflush: false,
        fua: false,
      });
      buffer.uptodate = true;
      return buffer;
    } finally {
      // What the memory held before is nobody's affair, should the block be made anew.
      if (!buffer.uptodate) buffer.data.fill(0);
      buffer.locked = false;
    }
  }

  #lock(buffer: BufferHead): Sleepable<void> {
    if (buffer.locked) return waitAndLock(buffer);
    buffer.locked = true;
    return READY;
  }

  /** Makes everything written before durable (blkdev_issue_flush). */
  *flush(): Sleepable<void> {
    yield* transfer(this.device, { direction: 'write', sector: 0, segments: [], preflush: true, fua: false });
  }

  /** The block stopped being metadata: its memory must never reach the disk again (bforget, clean_bdev_aliases). */
  drop(block: number): void {
    const buffer = this.#buffers.get(block);
    if (buffer === undefined) return;
    buffer.dirty = false;
    buffer.mapped = false;
    this.#buffers.delete(block);
  }

  /**
   * Lets go of every clean buffer that the journal does not need. What could not be written is clean, but nowhere else: it stays,
   * as the disk's older contents would contradict all that is known from it. (Linux trusts such memory too, ext4_buffer_uptodate,
   * but gives its page back like any other.)
   */
  shrink(): void {
    for (const [block, buffer] of this.#buffers) {
      const needed = buffer.pinned || buffer.journalHead !== null || buffer.writeError !== null;
      const busy = buffer.dirty || buffer.locked || needed;
      if (!busy) this.#buffers.delete(block);
    }
  }

  /** The device goes away: all memory is given back, whatever it holds. */
  clear(): void {
    for (const { memory } of this.#buffers.values()) this.memory.giveBack(memory);
    this.#buffers.clear();
  }

  /** Every buffer that is newer than the disk, in order of block number. */
  dirtyBuffers(): BufferHead[] {
    return [...this.#buffers.values()]
      .filter((buffer) => buffer.dirty)
      .sort((left, right) => left.block - right.block);
  }
}

function* waitAndLock(buffer: BufferHead): Sleepable<void> {
  yield* waitUntil(`buffer ${buffer.block}`, () => !buffer.locked);
  buffer.locked = true;
}
