import type { Bug } from '../bug.ts';
import { DROP, KIB, SYNC, open, setupWith, size, write } from './script.ts';

/** State below the folio. */
export const BELOW_FOLIO: readonly Bug[] = [
  {
    kind: 'planted',
    id: 'B22',
    source: 'message-id 20240812121159.3775074-2 (iomap: correct the range of a partial dirty clear)',
    mechanism:
      'Clearing the dirty bits of a range rounds outwards, so that a block of which a hole took a part is not written any more.',
    fault: 'iomap-clears-dirty-outwards',
    needs: ['blocks smaller than a page'],
    hunter: 'check',
    seenBy: ['result', 'tree', 'recovery', 'crash-of-target'],
    known: { setup: setupWith(1024), operations: [open(), write(0, 4 * KIB), size(2 * KIB + 100)] },
  },
  {
    kind: 'planted',
    id: 'B23',
    source: 'message-id 20240812121159.3775074-6',
    mechanism:
      'A write to a part of a block makes the whole block uptodate, though nobody read or zeroed the rest.',
    fault: 'iomap-part-makes-block-uptodate',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), write(0, 8 * KIB), SYNC, DROP, write(4 * KIB + 100, 10)],
    },
  },
  {
    kind: 'impossible',
    id: 'B24',
    source: 'message-id 20200726091052 (iomap: Set all uptodate bits for an Uptodate page)',
    mechanism:
      'A folio that is uptodate gets state for its blocks in which none is, and writeback passes over blocks that are not uptodate.',
    why: 'Every folio of several blocks has its state from the read on that brought it in, and writeback asks which blocks are dirty, never which are uptodate.',
  },
  {
    kind: 'planted',
    id: 'B25',
    source: 'commit 9705acd63b12',
    mechanism:
      'A truncation in the middle of a folio invalidates its blocks from the start of the folio instead of the new end.',
    fault: 'bh-invalidates-from-folio-start',
    needs: ['blocks smaller than a page'],
    hunter: 'check',
    seenBy: ['result', 'tree', 'recovery', 'space', 'crash-of-target'],
    known: { setup: setupWith(1024), operations: [open(), write(0, 4 * KIB), size(2 * KIB)] },
  },
  {
    kind: 'planted',
    id: 'B26',
    source: 'review of v4, patch 08/23',
    mechanism:
      'After a short write the delayed blocks behind what was copied stay promised under a clean folio.',
    fault: 'iomap-short-write-keeps-promise',
    needs: [],
    hunter: 'check',
    seenBy: ['space', 'crash-of-target'],
    known: { setup: setupWith(4096), operations: [open(), write(0, 4 * KIB, { faultAt: 0 })] },
  },
  {
    kind: 'planted',
    id: 'B27',
    source: 'message-id 20221115013043-6 (the series that brought iomap_valid)',
    mechanism:
      'A write that fails drops the cached range behind what it wrote, and with it what a store through a mapping made dirty meanwhile.',
    fault: 'iomap-short-write-drops-cache',
    needs: ['race', 'mmap'],
    hunter: 'race',
    seenBy: ['tree', 'result'],
    known: {
      operations: 5,
      words: 'a write whose memory ends beside a store through a mapping behind that place',
    },
  },
  {
    kind: 'planted',
    id: 'B28',
    source: 'commit 8ac5b996bf51 (xfs: fix off-by-one-block in xfs_discard_folio())',
    mechanism: 'When no place can be found for a dirty folio, its last block keeps its promise.',
    fault: 'bh-discard-misses-last-block',
    needs: ['failing device'],
    hunter: 'check',
    seenBy: ['space', 'crash-of-target'],
    known: {
      // The third read is that of the bitmap, which writeback needs to find a place.
      setup: { ...setupWith(4096), trouble: { reads: { from: 2, to: 3 } } },
      operations: [open(), write(0, 4 * KIB), SYNC],
    },
  },
];
