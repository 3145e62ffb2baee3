import { assert } from '../lib/assert.ts';
import type { AddressSpace } from './address-space.ts';
import type { DevicePage } from './device-pages.ts';
import type { Folio } from './folio.ts';
import { PAGE_BYTES } from './page.ts';

/** What the processor finds at one page of a mapping (a page table entry). */
interface PageEntry {
  /** The page's bytes, PAGE_BYTES of them. */
  readonly data: Uint8Array;
  /** The folio, or the page of the device, that they belong to; null for a copy of the mapping's own. */
  readonly origin: Folio | DevicePage | null;
  /** A store goes through without a fault. */
  writable: boolean;
}

class DeviceEntry implements PageEntry {
  readonly origin: DevicePage;
  writable: boolean;

  constructor(origin: DevicePage, writable: boolean) {
    this.origin = origin;
    this.writable = writable;
  }

  get data(): Uint8Array {
    return this.origin.data;
  }
}

const storableBytes = (entry: PageEntry): Uint8Array | null =>
  entry instanceof DeviceEntry ? entry.origin.storable : entry.data;

/**
 * Part of a file that a process sees in its memory (struct vm_area_struct, with its page table). Pages are counted in the
 * file, as in the page cache.
 */
export class MemoryArea {
  readonly mapping: AddressSpace;
  /** vm_pgoff */
  readonly firstPage: number;
  readonly pages: number;
  /** MAP_SHARED: stores go to the file. Else the first store to a page makes a copy of it. */
  readonly shared: boolean;
  /** PROT_WRITE */
  readonly writable: boolean;
  readonly #entries = new Map<number, PageEntry>();

  constructor(
    mapping: AddressSpace,
    firstPage: number,
    pages: number,
    access: { readonly shared: boolean; readonly writable: boolean },
  ) {
    this.mapping = mapping;
    this.firstPage = firstPage;
    this.pages = pages;
    this.shared = access.shared;
    this.writable = access.writable;
    mapping.attach(this);
  }

  /** The bytes of a page that may be loaded without a fault; null when nothing is mapped there. */
  readable(page: number): Uint8Array | null {
    return this.#entries.get(page)?.data ?? null;
  }

  /** The bytes of a page that may be stored to without a fault. */
  storable(page: number): Uint8Array | null {
    const entry = this.#entries.get(page);
    return entry?.writable === true ? storableBytes(entry) : null;
  }

  /** From now on the page is that of the folio, which is in the cache, uptodate and locked (finish_fault). */
  install(page: number, folio: Folio, writable: boolean): void {
    assert(this.#holds(page), () => `page ${page} is outside of its mapping`);
    assert(
      folio.mapping === this.mapping && folio.uptodate,
      () => `page ${page} is mapped without being read`,
    );
    const offset = (page - folio.index) * PAGE_BYTES;
    const data = folio.data.subarray(offset, offset + PAGE_BYTES);
    this.#entries.set(page, { data, origin: folio, writable });
  }

  /** From now on the page is that of the device (vmf_insert_mixed). Where it lies, is asked anew each time. */
  installDevicePage(page: number, origin: DevicePage, writable: boolean): void {
    assert(this.#holds(page), () => `page ${page} is outside of its mapping`);
    this.#entries.set(page, new DeviceEntry(origin, writable));
  }

  /** From now on the page is a copy of what it was (do_cow_fault, wp_page_copy). */
  installCopy(page: number, source: Uint8Array): void {
    assert(!this.shared && this.#holds(page), () => `page ${page} is copied for a shared mapping`);
    this.#entries.set(page, { data: source.slice(), origin: null, writable: true });
  }

  /** Pages [first, end) fault again; copies stay, unless they are meant too (even_cows). */
  unmap(first: number, end: number, copiesToo: boolean): void {
    if (this.#entries.size === 0) return;
    for (const [page, { origin }] of this.#entries) {
      if (page >= first && page < end && (copiesToo || origin !== null)) this.#entries.delete(page);
    }
  }

  /** The next store to a page of the folio faults again (page_mkclean_one). Answers whether one would not have. */
  writeProtect(folio: Folio | DevicePage): boolean {
    let found = false;
    for (const entry of this.#entries.values()) {
      if (entry.origin !== folio || !entry.writable) continue;
      entry.writable = false;
      found = true;
    }
    return found;
  }

  /** Does a store to a page of the folio go through without a fault? */
  stores(folio: Folio | DevicePage): boolean {
    for (const entry of this.#entries.values()) if (entry.origin === folio && entry.writable) return true;
    return false;
  }

  maps(folio: Folio): boolean {
    for (const entry of this.#entries.values()) if (entry.origin === folio) return true;
    return false;
  }

  /** munmap(): nothing of it is left. */
  detach(): void {
    this.#entries.clear();
    this.mapping.detach(this);
  }

  #holds(page: number): boolean {
    return page >= this.firstPage && page < this.firstPage + this.pages;
  }
}
