import { assert } from '../lib/assert.ts';
import { SECTOR_BYTES, type Bio, type BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';

const PAGE_BYTES = 4096;
const TABLE_PAGES = 32;
const SLAB_PAGES = 16;
const ZEROS = new Uint8Array(PAGE_BYTES);

/** Marks what one disk alone may write in place. A snapshot gives both sides a new one. */
type Owner = object;

/** 32 pages of a disk: few enough that changing one page after a snapshot copies little. */
class PageTable {
  readonly owner: Owner;
  readonly pages: (Uint8Array | null)[];
  readonly owners: (Owner | null)[];

  constructor(owner: Owner, shared: PageTable | null) {
    this.owner = owner;
    this.pages = shared?.pages.slice() ?? new Array<Uint8Array | null>(TABLE_PAGES).fill(null);
    this.owners = shared?.owners.slice() ?? new Array<Owner | null>(TABLE_PAGES).fill(null);
  }
}

/** Hands out zeroed pages cut from larger pieces: making a buffer of its own for each costs ten times as much. */
class PageSource {
  #slab = new Uint8Array(0);
  #used = 0;

  take(): Uint8Array {
    if (this.#used >= this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_PAGES * PAGE_BYTES);
      this.#used = 0;
    }
    const page = this.#slab.subarray(this.#used, this.#used + PAGE_BYTES);
    this.#used += PAGE_BYTES;
    return page;
  }
}

/**
 * A disk in memory that costs what is written to it: pages exist once they hold data, and a snapshot shares them until
 * either side writes. Transfers complete at once.
 */
export class MemoryDisk implements BlockDevice {
  readonly sectors: number;
  readonly #tables: (PageTable | null)[];
  /** Shared with all snapshots, so that none of them leaves a piece half used. */
  readonly #source: PageSource;
  #owner: Owner = {};

  /** `sizeBytes` is a multiple of 512. */
  constructor(sizeBytes: number, shared?: MemoryDisk) {
    assert(
      sizeBytes % SECTOR_BYTES === 0,
      () => `disk size ${sizeBytes} is not a multiple of ${SECTOR_BYTES}`,
    );
    this.sectors = sizeBytes / SECTOR_BYTES;
    const count = Math.ceil(sizeBytes / (PAGE_BYTES * TABLE_PAGES));
    this.#source = shared === undefined ? new PageSource() : shared.#source;
    this.#tables =
      shared === undefined ? new Array<PageTable | null>(count).fill(null) : shared.#tables.slice();
  }

  get sizeBytes(): number {
    return this.sectors * SECTOR_BYTES;
  }

  /** The disk as it is now; later writes to either do not show in the other. */
  snapshot(): MemoryDisk {
    this.#owner = {};
    return new MemoryDisk(this.sizeBytes, this);
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    let offset = bio.sector * SECTOR_BYTES;
    for (const segment of bio.segments) {
      if (offset + segment.length > this.sizeBytes) return endIo('EIO');
      if (bio.direction === 'write') this.write(offset, segment);
      else this.read(offset, segment);
      offset += segment.length;
    }
    endIo(null);
  }

  /** The sectors read as zeros afterwards; pages that lie wholly among them cost nothing any more. */
  discard(sector: number, sectors: number): void {
    const end = Math.min(this.sizeBytes, (sector + sectors) * SECTOR_BYTES);
    for (let offset = sector * SECTOR_BYTES; offset < end;) {
      const index = Math.floor(offset / PAGE_BYTES);
      const length = Math.min(PAGE_BYTES - (offset % PAGE_BYTES), end - offset);
      if (this.#page(index) === null) {
        // Nothing to forget.
      } else if (length < PAGE_BYTES) this.write(offset, ZEROS.subarray(0, length));
      else this.#ownTable(index).pages[index % TABLE_PAGES] = null;
      offset += length;
    }
  }

  /** Fills `target` from byte `offset` on. The range lies within the disk. */
  read(offset: number, target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      const within = (offset + done) % PAGE_BYTES;
      const page = this.#page(Math.floor((offset + done) / PAGE_BYTES)) ?? ZEROS;
      const length = Math.min(PAGE_BYTES - within, target.length - done);
      target.set(length === PAGE_BYTES ? page : page.subarray(within, within + length), done);
      done += length;
    }
  }

  /** Writes `source` at byte `offset`. The range lies within the disk. */
  write(offset: number, source: Uint8Array): void {
    let done = 0;
    while (done < source.length) {
      const within = (offset + done) % PAGE_BYTES;
      const index = Math.floor((offset + done) / PAGE_BYTES);
      const length = Math.min(PAGE_BYTES - within, source.length - done);
      const piece = length === source.length ? source : source.subarray(done, done + length);
      this.#writablePage(index, length === PAGE_BYTES).set(piece, within);
      done += length;
    }
  }

  #page(index: number): Uint8Array | null {
    return this.#tables[Math.floor(index / TABLE_PAGES)]?.pages[index % TABLE_PAGES] ?? null;
  }

  #writablePage(index: number, overwritten: boolean): Uint8Array {
    const table = this.#ownTable(index);
    const old = table.pages[index % TABLE_PAGES] ?? null;
    if (old !== null && table.owners[index % TABLE_PAGES] === this.#owner) return old;
    const page = this.#source.take();
    if (old !== null && !overwritten) page.set(old);
    table.pages[index % TABLE_PAGES] = page;
    table.owners[index % TABLE_PAGES] = this.#owner;
    return page;
  }

  /** The table of a page, to be changed by this disk alone. */
  #ownTable(index: number): PageTable {
    const slot = Math.floor(index / TABLE_PAGES);
    let table = this.#tables[slot] ?? null;
    if (table?.owner !== this.#owner) {
      table = new PageTable(this.#owner, table);
      this.#tables[slot] = table;
    }
    return table;
  }

  /** Runs of bytes that hold data, in order: what must be written to a sparse file to make the same disk. */
  *extents(): Generator<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    const end = Math.ceil(this.sizeBytes / PAGE_BYTES);
    for (let index = 0; index < end; index++) {
      if (this.#tables[Math.floor(index / TABLE_PAGES)] === null) {
        index += TABLE_PAGES - 1 - (index % TABLE_PAGES);
        continue;
      }
      const pages: Uint8Array[] = [];
      const first = index;
      for (let page = this.#page(index); page !== null; page = this.#page(++index)) pages.push(page);
      if (pages.length > 0) yield { offset: first * PAGE_BYTES, pages };
    }
  }

  /** A disk with these contents; `read` fills a buffer from a byte offset and answers how many bytes it found. */
  static load(sizeBytes: number, read: (offset: number, target: Uint8Array) => number): MemoryDisk {
    const disk = new MemoryDisk(sizeBytes - (sizeBytes % SECTOR_BYTES));
    const buffer = new Uint8Array(PAGE_BYTES);
    for (let offset = 0; offset < disk.sizeBytes; offset += PAGE_BYTES) {
      const length = Math.min(PAGE_BYTES, disk.sizeBytes - offset, read(offset, buffer));
      const data = buffer.subarray(0, length);
      if (data.some((byte) => byte !== 0)) disk.write(offset, data);
    }
    return disk;
  }
}
