/** Pages that are read ahead at most: 128 KiB, as for most devices (VM_READAHEAD_PAGES). */
export const READAHEAD_PAGES = 32;

/**
 * How an open file has been read so far, and so how far ahead it pays to read (struct file_ra_state). The window of the last
 * read-ahead is pages [start, start + size); whoever reaches its last `asyncSize` pages starts the next one.
 */
export class ReadaheadState {
  /** Page index. */
  start = 0;
  /** Pages. */
  size = 0;
  asyncSize = 0;
  /** Folios of the next window are 2^order pages where the path has large ones. */
  order = 0;
  /** Byte behind the last one that was read, or -1. */
  previous = -1;
  /** Pages of a window at most (ra_pages): twice as many after POSIX_FADV_SEQUENTIAL. */
  pagesMax = READAHEAD_PAGES;
  /** Faults of mappings that found nothing in the cache, less those that found something (mmap_miss). */
  mapMisses = 0;
  /** POSIX_FADV_RANDOM, of reads: what is asked for, and nothing more. */
  random = false;
}
