import { assert } from '../lib/assert.ts';
import { oldBytes } from '../lib/old-bytes.ts';
import { SECTOR_BYTES, type Bio, type BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';
import { DISK_PAGE_BYTES as PAGE_BYTES, DiskPages } from './disk-pages.ts';
import { PageTables } from './page-tables.ts';

const TABLE_PAGES = 32;
const TABLE_BYTES = TABLE_PAGES * PAGE_BYTES;
const ZEROS = new Uint8Array(PAGE_BYTES);

const LEFTOVERS = oldBytes(PAGE_BYTES);

/**
 * Pages that were written by one disk between two of its snapshots, so that they may be written in place until the next
 * one. They can be used again when no disk is left that sees them.
 */
class Generation {
  readonly pages: Uint8Array[] = [];
  /** Disks that see these pages and were not released. */
  disks = 1;
}

/** 32 pages of a disk: few enough that changing one page after a snapshot copies little. */
class PageTable {
  readonly generation: Generation;
  readonly pages: (Uint8Array | null)[];
  readonly generations: (Generation | null)[];

  constructor(generation: Generation, shared: PageTable | null) {
    this.generation = generation;
    this.pages = shared?.pages.slice() ?? new Array<Uint8Array | null>(TABLE_PAGES).fill(null);
    this.generations = shared?.generations.slice() ?? new Array<Generation | null>(TABLE_PAGES).fill(null);
  }
}

/**
 * A disk in memory that costs what is written to it: pages exist once they hold data, and a snapshot shares them until
 * either side writes. Transfers complete at once.
 */
export class MemoryDisk implements BlockDevice {
  readonly sectors: number;
  readonly #tables: PageTables<PageTable>;
  readonly #pages: DiskPages;
  #generation = new Generation();
  /** The generations of earlier snapshots whose pages may still be seen here. */
  readonly #inherited: Generation[];
  #released = false;

  /** `sizeBytes` is a multiple of 512. It begins as what `shared` holds; its snapshots take their pages where it does. */
  constructor(sizeBytes: number, shared?: MemoryDisk, pages?: DiskPages) {
    assert(
      sizeBytes % SECTOR_BYTES === 0,
      () => `disk size ${sizeBytes} is not a multiple of ${SECTOR_BYTES}`,
    );
    this.sectors = sizeBytes / SECTOR_BYTES;
    const count = Math.ceil(sizeBytes / TABLE_BYTES);
    this.#pages = pages ?? (shared === undefined ? new DiskPages() : shared.#pages);
    this.#tables = new PageTables(count, shared === undefined ? null : shared.#tables);
    this.#inherited = shared === undefined ? [] : shared.#inherited.slice();
    for (const generation of this.#inherited) generation.disks++;
  }

  get sizeBytes(): number {
    return this.sectors * SECTOR_BYTES;
  }

  /** The disk as it is now; later writes to either do not show in the other. */
  snapshot(): MemoryDisk {
    assert(!this.#released, () => 'a snapshot of a disk that was released');
    if (this.#generation.pages.length > 0) this.#inherited.push(this.#generation);
    this.#generation = new Generation();
    return new MemoryDisk(this.sizeBytes, this);
  }

  /** Nobody will use this disk again: pages that no snapshot shares with it are used for other disks. */
  release(): void {
    assert(!this.#released, () => 'a disk is released twice');
    this.#released = true;
    this.#tables.clear();
    for (const generation of [...this.#inherited, this.#generation]) {
      generation.disks--;
      if (generation.disks === 0) this.#pages.giveBack(generation.pages);
    }
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    assert(!this.#released, () => 'a transfer of a disk that was released');
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
    const start = sector * SECTOR_BYTES;
    const end = Math.min(this.sizeBytes, (sector + sectors) * SECTOR_BYTES);
    for (const table of this.#tables.numbers(start / TABLE_BYTES, end / TABLE_BYTES)) {
      const last = Math.min(end, (table + 1) * TABLE_BYTES);
      for (let offset = Math.max(start, table * TABLE_BYTES); offset < last;) {
        const length = Math.min(PAGE_BYTES - (offset % PAGE_BYTES), last - offset);
        this.#forget(offset, length);
        offset += length;
      }
    }
  }

  /** Bytes of one page become zeros. */
  #forget(offset: number, length: number): void {
    const index = Math.floor(offset / PAGE_BYTES);
    if (this.#page(index) === null) return;
    if (length < PAGE_BYTES) this.write(offset, ZEROS.subarray(0, length));
    else this.#ownTable(index).pages[index % TABLE_PAGES] = null;
  }

  /**
   * Pages that lie wholly in the range and were never written show what an older owner of the device left, as on a real one:
   * who reads a block that nobody has filled sees it. It costs no memory, and an image's file has holes there (`extents`).
   */
  leaveOldBytes(offset: number, length: number): void {
    const end = Math.floor((offset + length) / PAGE_BYTES);
    for (let index = Math.ceil(offset / PAGE_BYTES); index < end; index++) {
      if (this.#page(index) === null) this.#ownTable(index).pages[index % TABLE_PAGES] = LEFTOVERS;
    }
  }

  /** Fills `target` from byte `offset` on. The range lies within the disk. */
  read(offset: number, target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      const within = (offset + done) % PAGE_BYTES;
      const page = this.page(Math.floor((offset + done) / PAGE_BYTES));
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
      this.writablePage(index, length === PAGE_BYTES).set(piece, within);
      done += length;
    }
  }

  /** The bytes of a page, only to be looked at, until somebody writes. */
  page(index: number): Uint8Array {
    return this.#page(index) ?? ZEROS;
  }

  #page(index: number): Uint8Array | null {
    return this.#tables.get(Math.floor(index / TABLE_PAGES))?.pages[index % TABLE_PAGES] ?? null;
  }

  /** The same to be changed, until somebody makes a snapshot. What it holds is anything if it is `overwritten` as a whole. */
  writablePage(index: number, overwritten = false): Uint8Array {
    const table = this.#ownTable(index);
    const slot = index % TABLE_PAGES;
    const old = table.pages[slot] ?? null;
    if (old !== null && table.generations[slot] === this.#generation) return old;
    const page = this.#pages.take();
    this.#generation.pages.push(page);
    if (!overwritten) page.set(old ?? ZEROS);
    table.pages[slot] = page;
    table.generations[slot] = this.#generation;
    return page;
  }

  /** The table of a page, to be changed by this disk alone. */
  #ownTable(index: number): PageTable {
    const slot = Math.floor(index / TABLE_PAGES);
    let table = this.#tables.get(slot);
    if (table?.generation !== this.#generation) {
      table = new PageTable(this.#generation, table);
      this.#tables.set(slot, table);
    }
    return table;
  }

  /**
   * Runs of bytes that hold data, in order: what must be written to a sparse file to make the same disk, but for what an older
   * owner left.
   */
  *extents(): Generator<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    let first = 0;
    let pages: Uint8Array[] = [];
    for (const number of this.#tables.numbers()) {
      const slots = this.#tables.get(number)?.pages ?? [];
      for (let slot = 0; slot < slots.length; slot++) {
        const index = number * TABLE_PAGES + slot;
        const page = slots[slot] ?? null;
        const isData = page !== null && page !== LEFTOVERS;
        if (pages.length > 0 && !(isData && index === first + pages.length)) {
          yield { offset: first * PAGE_BYTES, pages };
          pages = [];
        }
        if (!isData) continue;
        if (pages.length === 0) first = index;
        pages.push(page);
      }
    }
    if (pages.length > 0) yield { offset: first * PAGE_BYTES, pages };
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
