import { assert } from '../lib/assert.ts';
import { SECTOR_BYTES, type Bio, type BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';

const PAGE_BYTES = 4096;
const ZEROS = new Uint8Array(PAGE_BYTES);

/**
 * A disk in memory that costs what is written to it: pages exist once they hold data, and a snapshot shares them until
 * either side writes. Transfers complete at once.
 */
export class MemoryDisk implements BlockDevice {
  readonly sectors: number;
  readonly #pages: (Uint8Array | null)[];
  /** 1 where the page belongs to this disk alone and may be written in place. */
  readonly #owned: Uint8Array;

  /** `sizeBytes` is a multiple of 512. */
  constructor(sizeBytes: number, pages?: (Uint8Array | null)[]) {
    assert(sizeBytes % SECTOR_BYTES === 0, `disk size ${sizeBytes} is not a multiple of ${SECTOR_BYTES}`);
    this.sectors = sizeBytes / SECTOR_BYTES;
    const count = Math.ceil(sizeBytes / PAGE_BYTES);
    this.#pages = pages ?? new Array<Uint8Array | null>(count).fill(null);
    this.#owned = new Uint8Array(count);
  }

  get sizeBytes(): number {
    return this.sectors * SECTOR_BYTES;
  }

  /** The disk as it is now; later writes to either do not show in the other. */
  snapshot(): MemoryDisk {
    this.#owned.fill(0);
    return new MemoryDisk(this.sizeBytes, this.#pages.slice());
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

  /** Fills `target` from byte `offset` on. The range lies within the disk. */
  read(offset: number, target: Uint8Array): void {
    let done = 0;
    while (done < target.length) {
      const within = (offset + done) % PAGE_BYTES;
      const page = this.#pages[Math.floor((offset + done) / PAGE_BYTES)] ?? ZEROS;
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
      const whole = length === PAGE_BYTES;
      const piece = length === source.length ? source : source.subarray(done, done + length);
      this.#writablePage(index, whole).set(piece, within);
      done += length;
    }
  }

  #writablePage(index: number, overwritten: boolean): Uint8Array {
    const old = this.#pages[index] ?? null;
    if (old !== null && this.#owned[index] === 1) return old;
    const page = new Uint8Array(PAGE_BYTES);
    if (old !== null && !overwritten) page.set(old);
    this.#pages[index] = page;
    this.#owned[index] = 1;
    return page;
  }

  /** Runs of bytes that hold data, in order: what must be written to a sparse file to make the same disk. */
  *extents(): Generator<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    for (let index = 0; index < this.#pages.length; index++) {
      const pages: Uint8Array[] = [];
      const first = index;
      for (let page = this.#pages[index]; page; page = this.#pages[++index]) pages.push(page);
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
