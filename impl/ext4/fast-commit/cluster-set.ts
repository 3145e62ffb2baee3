import { clearRange, findClear, findSet, setRange } from '../allocation/bitmap.ts';
import type { BlockRun } from '../allocation/block-allocator.ts';

/** Clusters of the device, as a set that takes no more memory than the bitmaps of the groups it touches. */
export class ClusterSet {
  readonly #ratio: number;
  readonly #perPage: number;
  readonly #firstBlock: number;
  readonly #pages = new Map<number, Uint8Array>();

  /** `ratio`: blocks of a cluster. Clusters are counted from `firstBlock` on. */
  constructor(firstBlock: number, ratio: number, clustersPerGroup: number) {
    this.#firstBlock = firstBlock;
    this.#ratio = ratio;
    this.#perPage = clustersPerGroup;
  }

  /** The clusters that the blocks lie in. */
  add(start: number, length: number): void {
    this.#each(start, length, (page, first, end) => {
      let bits = this.#pages.get(page);
      if (bits === undefined) this.#pages.set(page, (bits = new Uint8Array(this.#perPage / 8)));
      setRange(bits, first, end);
    });
  }

  delete(start: number, length: number): void {
    this.#each(start, length, (page, first, end) => {
      const bits = this.#pages.get(page);
      if (bits !== undefined) clearRange(bits, first, end);
    });
  }

  /** What is in the set, in blocks; no run crosses from one group into the next. */
  *runs(): Generator<BlockRun> {
    for (const [page, bits] of this.#pages) {
      for (let end = 0; ;) {
        const first = findSet(bits, end, this.#perPage);
        if (first === this.#perPage) break;
        end = findClear(bits, first, this.#perPage);
        const start = this.#firstBlock + (page * this.#perPage + first) * this.#ratio;
        yield { start, length: (end - first) * this.#ratio };
      }
    }
  }

  #each(start: number, length: number, body: (page: number, first: number, end: number) => void): void {
    let cluster = Math.floor((start - this.#firstBlock) / this.#ratio);
    const stop = Math.ceil((start + length - this.#firstBlock) / this.#ratio);
    while (cluster < stop) {
      const page = Math.floor(cluster / this.#perPage);
      const end = Math.min(stop, (page + 1) * this.#perPage);
      body(page, cluster - page * this.#perPage, end - page * this.#perPage);
      cluster = end;
    }
  }
}
