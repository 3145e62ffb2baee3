import { assert } from '../lib/assert.ts';
import { leaveOldBytes } from '../lib/old-bytes.ts';
import { BlockMemory, MemoryBlock } from './block-memory.ts';
import { MAX_FOLIO_ORDER, PAGE_BYTES } from './page.ts';

const CHUNK_PAGES = 2 ** MAX_FOLIO_ORDER;

/** An aligned run of 2^order pages, made once: it outlives the folios that lie in it. */
export class PageRun {
  /** Number of the first page in the pool. */
  readonly page: number;
  readonly order: number;
  readonly data: Uint8Array;
  /** What was made for an earlier folio here, and can serve another one. Who leaves it knows it again. */
  spare: object | null = null;
  #blocks: readonly MemoryBlock[] = [];

  constructor(page: number, order: number, data: Uint8Array) {
    this.page = page;
    this.order = order;
    this.data = data;
  }

  /** Bytes. */
  get size(): number {
    return PAGE_BYTES << this.order;
  }

  /** Does `next` begin in memory where this run ends? */
  isFollowedBy(next: PageRun): boolean {
    return this.page + (1 << this.order) === next.page && next.page % CHUNK_PAGES !== 0;
  }

  /**
   * `length` bytes of memory from byte `offset` of the run on; they may reach into runs that follow it. A view costs as much as a
   * small copy, and mostly the whole run is meant.
   */
  bytes(offset: number, length: number): Uint8Array {
    if (offset === 0 && length === this.size) return this.data;
    return new Uint8Array(this.data.buffer, this.data.byteOffset + offset, length);
  }

  /** The run in blocks of so many bytes. */
  blocks(blockSize: number): readonly MemoryBlock[] {
    const { data } = this;
    if (this.#blocks[0]?.data.length !== blockSize)
      this.#blocks =
        blockSize === data.length
          ? [new MemoryBlock(data)]
          : Array.from(
              { length: data.length / blockSize },
              (_, index) => new MemoryBlock(data.subarray(index * blockSize, (index + 1) * blockSize)),
            );
    return this.#blocks;
  }
}

/**
 * The memory of the page cache: a buddy allocator over chunks of 2 MiB, whose every run is made once. It outlives a
 * mount, so that a harness which mounts thousands of times pays for its memory once. Memory comes back as it was left:
 * whoever takes a run must fill it or zero it, and whoever forgets shows somebody's old bytes, as in the kernel.
 */
export class FolioPool {
  readonly pagesMax: number;
  readonly #used: boolean;
  readonly #chunks: ArrayBuffer[] = [];
  /** Per order, numbers of free runs; an entry is valid only while `#freeOrder` agrees. */
  readonly #free: number[][] = Array.from({ length: MAX_FOLIO_ORDER + 1 }, () => []);
  /** Per page: the order of the free run that starts there, or -1. */
  #freeOrder = new Int8Array(0);
  readonly #runs: (PageRun | undefined)[][] = Array.from({ length: MAX_FOLIO_ORDER + 1 }, () => []);
  #pagesUsed = 0;
  readonly #blocks = new Map<number, BlockMemory>();

  /**
   * `pagesMax` pages of 4096 bytes, a multiple of 512. Memory that nobody has used yet is zero, which hides whoever forgets to fill it;
   * with `used` it holds old bytes instead, which costs touching it.
   */
  constructor(pagesMax = 64 * CHUNK_PAGES, used = false) {
    this.pagesMax = pagesMax;
    this.#used = used;
  }

  /** Memory as a machine has it that has run for a while. */
  static used(): FolioPool {
    return new FolioPool(undefined, true);
  }

  get pagesUsed(): number {
    return this.#pagesUsed;
  }

  /** Memory for metadata blocks of this size, in bytes; it does not count against `pagesMax`. */
  blockMemory(blockSize: number): BlockMemory {
    let memory = this.#blocks.get(blockSize);
    if (memory === undefined) {
      memory = new BlockMemory(blockSize);
      this.#blocks.set(blockSize, memory);
    }
    return memory;
  }

  /** Is so much of the memory in use that dirty data should be written before more is made (balance_dirty_pages)? */
  pressed(): boolean {
    return this.#pagesUsed > this.pagesMax / 2;
  }

  /** A run of 2^order pages, or null when the memory is used up: reclaim, then ask again. */
  allocate(order: number): PageRun | null {
    let found = order;
    let page = this.#pop(found);
    while (page < 0 && found < MAX_FOLIO_ORDER) page = this.#pop(++found);
    if (page < 0) {
      if (!this.#grow()) return null;
      return this.allocate(order);
    }
    while (found > order) {
      found--;
      this.#push(page + (1 << found), found);
    }
    this.#pagesUsed += 1 << order;
    return this.#run(page, order);
  }

  release(run: PageRun): void {
    let { page, order } = run;
    assert(this.#freeOrder[page] === -1, () => `page ${page} is released twice`);
    this.#pagesUsed -= 1 << order;
    while (order < MAX_FOLIO_ORDER) {
      const buddy = page ^ (1 << order);
      if (this.#freeOrder[buddy] !== order) break;
      this.#freeOrder[buddy] = -1;
      page = Math.min(page, buddy);
      order++;
    }
    this.#push(page, order);
  }

  #pop(order: number): number {
    const list = this.#free[order] ?? [];
    for (let page = list.pop(); page !== undefined; page = list.pop()) {
      if (this.#freeOrder[page] !== order) continue;
      this.#freeOrder[page] = -1;
      return page;
    }
    return -1;
  }

  #push(page: number, order: number): void {
    this.#freeOrder[page] = order;
    this.#free[order]?.push(page);
  }

  #grow(): boolean {
    const pages = this.#chunks.length * CHUNK_PAGES;
    if (pages + CHUNK_PAGES > this.pagesMax) return false;
    const chunk = new ArrayBuffer(CHUNK_PAGES * PAGE_BYTES);
    if (this.#used) leaveOldBytes(new Uint8Array(chunk));
    this.#chunks.push(chunk);
    const freeOrder = new Int8Array(pages + CHUNK_PAGES).fill(-1);
    freeOrder.set(this.#freeOrder);
    this.#freeOrder = freeOrder;
    this.#push(pages, MAX_FOLIO_ORDER);
    return true;
  }

  #run(page: number, order: number): PageRun {
    const runs = (this.#runs[order] ??= []);
    const known = runs[page];
    if (known !== undefined) return known;
    const chunk = this.#chunks[Math.floor(page / CHUNK_PAGES)];
    assert(chunk !== undefined, () => `page ${page} is not in the pool`);
    const data = new Uint8Array(chunk, (page % CHUNK_PAGES) * PAGE_BYTES, PAGE_BYTES * (1 << order));
    return (runs[page] = new PageRun(page, order, data));
  }
}
