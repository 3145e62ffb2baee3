/** The unit of the page cache (PAGE_SIZE), whatever the file system's block size. */
export const PAGE_BYTES = 4096;

/** The largest folio is 2^9 pages = 2 MiB (PMD_ORDER). */
export const MAX_FOLIO_ORDER = 9;

/** Index of the page that holds byte `position`. */
export const pageIndex = (position: number): number => Math.floor(position / PAGE_BYTES);

/** Index of the first page that lies wholly at or behind byte `end`; Infinity for Infinity. */
export const endPage = (end: number): number => Math.ceil(end / PAGE_BYTES);

/** The order of a folio that holds a block of so many bytes, a power of two. */
export const orderOfBlock = (blockSize: number): number => Math.max(0, Math.log2(blockSize / PAGE_BYTES));
