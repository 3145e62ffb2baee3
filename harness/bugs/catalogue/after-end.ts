import type { Bug } from '../bug.ts';
import { KIB, map, open, place, setupWith, size, store, write } from './script.ts';

/** Bytes behind the end of a file, and changes of its size. */
export const AFTER_END: readonly Bug[] = [
  {
    kind: 'planted',
    id: 'B01',
    source:
      'commit c7fc0366c656 (ext4: partial zero eof block on unaligned inode size extension), 52aecaee1c26',
    mechanism:
      'A file grows, and neither ext4 nor the page cache zeroes the bytes behind the old end that a mapping had stored there.',
    fault: 'growth-keeps-stored-tail',
    needs: ['mmap'],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), write(0, 2 * KIB), map(1), store(2 * KIB, 100), size(8 * KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B02',
    source: 'commit 350976ae2187 (xfs: truncate pagecache before writeback in xfs_setattr_size), generic/469',
    mechanism:
      'Truncation writes out what is dirty while the old size still holds, and zeroes the rest of the last block in memory only: the disk keeps bytes behind the end, which a mapping shows later.',
    fault: 'truncate-writes-unzeroed-tail',
    needs: [],
    hunter: 'check',
    seenBy: ['recovery', 'result'],
    known: { setup: setupWith(4096), operations: [open(), write(0, 4 * KIB), size(16)] },
  },
  {
    kind: 'planted',
    id: 'B03',
    source: 'commit c5c810b94cfd (iomap: fix handling of dirty folios over unwritten extents)',
    mechanism:
      'Zeroing part of a block asks the mapping only: it is unwritten, so nothing is done, although a dirty folio above it holds data.',
    fault: 'iomap-zeroing-trusts-unwritten',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), place('allocate', 0, 8 * KIB), write(0, 8 * KIB), place('punch', KIB, KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B04',
    source: 'review of v2, patch 03/22',
    mechanism:
      'The tail behind the end is zeroed in memory only, and i_disksize is committed before the block is written.',
    fault: 'truncate-forgets-tail',
    needs: ['crash', 'mmap'],
    hunter: 'crash',
    seenBy: ['durability'],
    known: { operations: 5, words: 'a store behind the end, a truncation up, a commit, and a power cut' },
  },
  {
    kind: 'planted',
    id: 'B05',
    source: 'review of v4 and v5',
    mechanism:
      'i_disksize moves to i_size when the block of the tail is done, over folios that are still dirty.',
    fault: 'iomap-disk-size-is-size',
    needs: ['crash'],
    hunter: 'crash',
    seenBy: ['durability'],
    known: {
      operations: 5,
      words: 'writes at the end in several folios, writeback of the first, a commit, and a power cut',
    },
  },
  {
    kind: 'planted',
    id: 'B06',
    source: 'review of the series',
    mechanism:
      'fallocate(2) that begins inside the last block makes the file longer and zeroes nothing of that block.',
    fault: 'fallocate-keeps-stored-tail',
    needs: ['mmap'],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), write(0, KIB), map(1), store(KIB, 100), place('allocate', 512, 16 * KIB)],
    },
  },
  {
    kind: 'impossible',
    id: 'B07',
    source: 'message-id 20240812121159.3775074-5 (iomap: correct the dirty length in page mkwrite)',
    mechanism:
      'A store through a mapping marks every block of a large folio dirty, also those behind the end, which then get places.',
    why: 'Writeback here places only what was promised a place: a dirty block over a hole is passed over, so the mistake changes nothing that anybody could see.',
  },
  {
    kind: 'planted',
    id: 'B08',
    source: 'commit 0f2af21aae11 (ext4: allocate entire range in zero range), generic/096',
    mechanism:
      'Zero range places only blocks that it covers wholly, so a range within the last block does not even move the size.',
    fault: 'zero-range-allocates-whole-blocks-only',
    needs: ['blocks smaller than a page'],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: { setup: setupWith(1024), operations: [open(), place('zero', 512, 100)] },
  },
];
