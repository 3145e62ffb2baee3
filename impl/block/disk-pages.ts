/** Bytes of a page of a disk in memory. */
export const DISK_PAGE_BYTES = 4096;

const SLAB_PAGES = 16;

/** Pages that wait to be used again: 16 MiB. */
const FREE_PAGES_MAX = 4096;

/**
 * Hands out pages with anything in them. They are cut from larger pieces, because making a buffer of its own for each costs
 * ten times as much, and they are used again, because the engine collects all its garbage when many buffers come and go.
 */
export class DiskPages {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? this.#cut();
  }

  giveBack(pages: readonly Uint8Array[]): void {
    for (const page of pages) {
      if (this.#free.length >= FREE_PAGES_MAX) return;
      this.#free.push(page);
    }
  }

  #cut(): Uint8Array {
    const slab = new Uint8Array(SLAB_PAGES * DISK_PAGE_BYTES);
    for (let end = slab.length; end > DISK_PAGE_BYTES; end -= DISK_PAGE_BYTES)
      this.#free.push(slab.subarray(end - DISK_PAGE_BYTES, end));
    return slab.subarray(0, DISK_PAGE_BYTES);
  }
}
