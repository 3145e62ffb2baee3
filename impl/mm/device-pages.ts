import type { DeviceMemory } from '../block/device-memory.ts';
import type { AddressSpace } from './address-space.ts';
import { PAGE_BYTES } from './page.ts';
import { unmapPages } from './reverse-map.ts';

const ZEROS = new Uint8Array(PAGE_BYTES);

/** A page of a file that lies on the device itself, or reads as zeros because the file has no block there (a DAX entry). */
export class DevicePage {
  readonly #memory: DeviceMemory;
  /** Page of the device; null for the page of zeros that all holes share. */
  readonly place: number | null;
  /** Stored to, perhaps, since what it held was made durable. */
  dirty = false;

  constructor(memory: DeviceMemory, place: number | null) {
    this.#memory = memory;
    this.place = place;
  }

  /** To be loaded from; good until the caller sleeps. */
  get data(): Uint8Array {
    return this.place === null ? ZEROS : this.#memory.page(this.place);
  }

  /** To be stored to, in the same way; null where there is no block. */
  get storable(): Uint8Array | null {
    return this.place === null ? null : this.#memory.writablePage(this.place);
  }

  flush(): void {
    if (this.place !== null) this.#memory.flush(this.place);
  }
}

/** The pages of a file that somebody has mapped directly, by their index: what its address space has instead of folios. */
export class DevicePages {
  readonly #mapping: AddressSpace;
  readonly #pages = new Map<number, DevicePage>();

  constructor(mapping: AddressSpace) {
    this.#mapping = mapping;
  }

  find(index: number): DevicePage | null {
    return this.#pages.get(index) ?? null;
  }

  entries(): Iterable<readonly [number, DevicePage]> {
    return this.#pages;
  }

  /**
   * The page is known by this place from now on (dax_insert_entry). Mappings that show something else there, the page of zeros,
   * fault again.
   */
  enter(index: number, memory: DeviceMemory, place: number | null): DevicePage {
    const known = this.#pages.get(index);
    if (known !== undefined && known.place === place) return known;
    this.remove(index, index + 1);
    const page = new DevicePage(memory, place);
    this.#pages.set(index, page);
    return page;
  }

  markDirty(page: DevicePage): void {
    if (page.dirty) return;
    page.dirty = true;
    this.#mapping.countDirty(1);
  }

  markClean(page: DevicePage): void {
    if (!page.dirty) return;
    page.dirty = false;
    this.#mapping.countDirty(-1);
  }

  /** Pages [first, end) are forgotten, and no mapping shows them (dax_delete_mapping_entry). */
  remove(first: number, end: number): void {
    if (this.#mapping.areas !== null) unmapPages(this.#mapping, first, end, false);
    for (const [index, page] of this.#pages) {
      if (index < first || index >= end) continue;
      this.markClean(page);
      this.#pages.delete(index);
    }
  }
}
