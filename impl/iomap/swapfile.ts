import { fail } from '../lib/errno.ts';
import type { SwapExtent } from '../mm/address-space-operations.ts';
import { PAGE_BYTES } from '../mm/page.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/** Collects the whole pages of the device that lie below a file (struct iomap_swapfile_info). */
class Pages {
  readonly extents: SwapExtent[] = [];
  readonly #max: number;
  #count = 0;
  /** Bytes of the device that belong together so far. */
  #address = 0;
  #length = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Mappings that continue each other on the device make pages together. */
  add({ address, length }: Iomap): void {
    if (this.#length > 0 && this.#address + this.#length === address) {
      this.#length += length;
      return;
    }
    this.flush();
    this.#address = address;
    this.#length = length;
  }

  /** iomap_swapfile_add_extent(): what is no whole page at either end is left out. */
  flush(): void {
    const first = Math.ceil(this.#address / PAGE_BYTES);
    const end = Math.floor((this.#address + this.#length) / PAGE_BYTES);
    const pages = Math.min(end - first, this.#max - this.#count);
    this.#length = 0;
    if (pages <= 0) return;
    this.extents.push({ start: this.#count, pages, devicePage: first });
    this.#count += pages;
  }
}

/**
 * iomap_swapfile_activate(): where the whole pages of a file of `size` bytes lie, at most `pagesMax` of them. Nothing of it is dirty.
 * Fails with EINVAL where there is a hole, a promise or something in the inode, and where there is no whole page.
 */
export function* swapfilePages<F>(
  file: F,
  size: number,
  pagesMax: number,
  ops: IomapOps<F>,
): Sleepable<readonly SwapExtent[]> {
  const pages = new Pages(pagesMax);
  yield* iterate(file, 0, size - (size % PAGE_BYTES), ops, (iomap, _position, length) => {
    if (iomap.type !== 'mapped' && iomap.type !== 'unwritten') fail('EINVAL');
    pages.add(iomap);
    return ready(length);
  });
  pages.flush();
  return pages.extents.length > 0 ? pages.extents : fail('EINVAL');
}
