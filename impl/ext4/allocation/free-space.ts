/**
 * Free and promised space, in clusters (s_freeclusters_counter, s_dirtyclusters_counter). What delayed allocation has
 * promised is not free for anybody else.
 */
export class FreeSpace {
  /** Clusters that are free in the bitmaps. */
  free: number;
  /** Clusters promised to delayed allocation. */
  reserved = 0;
  /** What of the reserve for root (s_r_blocks_count) the caller may not use: all of it, or nothing. */
  keptFromCaller = 0;
  /** s_resv_clusters: kept back so that metadata of promised data can always be placed. */
  readonly keptBack: number;

  constructor(free: number, keptBack: number) {
    this.free = free;
    this.keptBack = keptBack;
  }

  /**
   * Clusters that may still be promised or placed (ext4_has_free_clusters); negative when more than is free is kept back.
   * `useKeptBack` is for metadata that promised data needs (EXT4_MB_USE_RESERVED), and for promised data.
   */
  available(useKeptBack: boolean): number {
    return this.free - this.reserved - (useKeptBack ? 0 : this.keptBack + this.keptFromCaller);
  }

  has(count: number, useKeptBack: boolean): boolean {
    return this.available(useKeptBack) >= count;
  }
}
