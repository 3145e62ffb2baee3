import type { BioStatus } from '../block/bio.ts';
import type { MemoryBlock } from '../mm/block-memory.ts';

/** Marks `block` of a buffer that has no place on the disk (yet). */
export const UNMAPPED = -1;

/**
 * Runs when a metadata buffer is about to leave memory, to store its checksum: into the log copy and the home block
 * alike (jbd2_buffer_trigger_type). Seals of stage 0 run before those of stage 1, because a group descriptor holds the
 * checksums of its bitmaps.
 */
export interface Seal {
  readonly stage: 0 | 1;
  apply(buffer: BufferHead): void;
}

/**
 * One block of memory and what is known about it (struct buffer_head). Metadata blocks live in the BufferCache; a file's
 * folio on the buffer_head path carries one per block.
 */
export class BufferHead {
  /** Block number on the device, in blocks of the file system; UNMAPPED when there is none. */
  block: number;
  readonly memory: MemoryBlock;
  readonly data: Uint8Array;

  /** Memory holds what a reader must see. */
  uptodate = false;
  /** Memory is newer than the disk. */
  dirty = false;
  /** `block` is valid. */
  mapped = false;
  /** Just allocated: what is on the disk is not ours. */
  new = false;
  /** Space is reserved, a place is not chosen yet. */
  delay = false;
  /** Allocated but unwritten: reads as zeros until an ioend converts it. */
  unwritten = false;
  /** Under writeback on behalf of its folio. */
  asyncWrite = false;
  /** A transfer is running. */
  locked = false;
  /** The last write failed (BH_Write_EIO). */
  writeError: BioStatus = null;
  /** The checksum and the structure were checked since the block was read. */
  verified = false;
  /** Held for the life of the mount (superblock, group descriptors): never dropped from the cache. */
  pinned = false;
  /** Set where the block carries a checksum. */
  seal: Seal | null = null;
  /** jbd2's own state; only jbd2 looks inside. */
  journalHead: object | null = null;
  /** What the file system keeps with a verified block, such as a parsed bitmap; dropped with the block. */
  cached: object | null = null;

  constructor(block: number, memory: MemoryBlock) {
    this.block = block;
    this.memory = memory;
    this.data = memory.data;
    this.mapped = block !== UNMAPPED;
  }

  /** A block of a file's folio, of which nothing is known but what the folio says of all. */
  begin(uptodate: boolean, dirty: boolean): void {
    this.block = UNMAPPED;
    this.mapped = this.new = this.delay = this.unwritten = this.asyncWrite = this.locked = false;
    this.writeError = null;
    this.uptodate = uptodate;
    this.dirty = dirty;
  }

  get view(): DataView {
    return this.memory.view;
  }
}
