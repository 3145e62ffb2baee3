import type { Bug } from '../bug.ts';
import { KIB, open, place, setupWith, size, write } from './script.ts';

/** What comes in between, shifts, and large folios. */
export const RACES: readonly Bug[] = [
  {
    kind: 'planted',
    id: 'B42',
    source: 'generic/418, commit 5e25c269e17d (fs: invalidate page cache after end_io() in dio completion)',
    mechanism: 'What was read into the cache while a direct write was under way stays there.',
    fault: 'direct-write-keeps-read-cache',
    needs: ['race', 'direct I/O'],
    hunter: 'race',
    seenBy: ['result', 'tree'],
    known: { operations: 5, words: 'a direct write beside a read of the same block, and a read afterwards' },
  },
  {
    kind: 'planted',
    id: 'B43',
    source: 'commit d0c2204135a0, generic/522',
    mechanism:
      'Insert and collapse leave a large folio across their start in the cache, with its old neighbours.',
    fault: 'shift-keeps-folio-across-start',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), write(0, 16 * KIB), place('collapse', 4 * KIB, 4 * KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B44',
    source: 'commit 14d981f468a1, generic/404',
    mechanism: 'Insert does not move an extent that begins exactly where the hole is to come.',
    fault: 'insert-misses-first-extent',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [open(), write(4 * KIB, 4 * KIB), place('insert', 4 * KIB, 4 * KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B44b',
    source: 'commit 349fa7d6e193, generic/485',
    mechanism: 'Insert moves the last extent past the last block that a file can have.',
    fault: 'insert-passes-last-block',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'crash-of-target', 'tree'],
    known: {
      setup: setupWith(4096),
      operations: [
        open(),
        write(0, KIB),
        place('keep-size', (2 ** 32 - 2) * 4 * KIB, 4 * KIB),
        place('insert', 0, 4 * KIB),
      ],
    },
  },
  {
    kind: 'planted',
    id: 'B45',
    source: 'commit 372a03e01853, generic/538',
    mechanism: 'Two direct writes to parts of one unwritten block run at once, and each zeroes the other.',
    fault: 'direct-write-shares-unwritten-block',
    needs: ['race', 'direct I/O'],
    hunter: 'race',
    seenBy: ['result', 'tree'],
    known: { operations: 5, words: 'two direct writes of a sector each into one unwritten block' },
  },
  {
    kind: 'planted',
    id: 'B46',
    source: 'review of v4, patch 14/23, and others',
    mechanism:
      'Zeroing waits for a folio while it holds a handle, and whoever has the folio waits for a handle.',
    fault: 'punch-zeroes-under-handle',
    needs: ['race'],
    hunter: 'race',
    seenBy: ['crash-of-target'],
    known: { operations: 4, words: 'a hole of part of a block beside writeback of it' },
  },
  {
    kind: 'planted',
    id: 'B47',
    source: 'review of the series',
    mechanism: 'RWF_NOWAIT is not looked at.',
    fault: 'nowait-is-ignored',
    needs: [],
    hunter: 'check',
    seenBy: ['result'],
    known: { setup: setupWith(4096), operations: [open(), write(0, 10, { rwf: ['nowait'] })] },
  },
  {
    kind: 'planted',
    id: 'B48',
    source:
      'commit 60a70e61430b (mm: Use folio_next_pos()), mended by message-id 20251123220518.1447261-1; generic/127',
    mechanism:
      'The end "of everything" is compared as a negative number, so that truncation leaves the rest of a large folio as it is.',
    fault: 'truncate-compares-end-signed',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree', 'crash-of-target'],
    known: { setup: setupWith(4096), operations: [open(), write(0, 16 * KIB), size(4 * KIB)] },
  },
];
