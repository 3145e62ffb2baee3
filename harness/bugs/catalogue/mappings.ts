import type { Bug } from '../bug.ts';
import { CLUSTERS, INDIRECT, KIB, SYNC, open, place, seek, setupWith, size, write } from './script.ts';

/** Mappings, the extent status, and promises of space. */
export const MAPPINGS: readonly Bug[] = [
  {
    kind: 'planted',
    id: 'B29',
    source: 'commit d7b64041164c (iomap: write iomap validity checks)',
    mechanism:
      'A mapping that was made before the folio was locked is used although writeback has changed it since.',
    fault: 'iomap-trusts-stale-mapping',
    needs: ['race'],
    hunter: 'race',
    seenBy: ['result', 'tree'],
    known: { operations: 5, words: 'a write over unwritten blocks beside writeback and reclaim' },
  },
  {
    kind: 'planted',
    id: 'B30',
    source: 'message-id 20250423085257.122685-4 (ext4: prevent stale extent cache entries)',
    mechanism:
      'Collapse forgets what is known of the blocks, and writeback that runs beside it learns it again before anything has moved.',
    fault: 'shift-forgets-before-locking',
    needs: ['race'],
    hunter: 'race',
    seenBy: ['result', 'tree'],
    known: { operations: 6, words: 'collapse beside writeback of a block before it, and a read afterwards' },
  },
  {
    kind: 'planted',
    id: 'B31',
    source: 'commit 0ea6560abb3b (ext4: check the extent status again before inserting delalloc block)',
    mechanism:
      'Space is promised for what was a hole at the first look, though fallocate(2) has placed unwritten blocks there since.',
    fault: 'delayed-trusts-first-look',
    needs: ['race', 'mmap'],
    hunter: 'race',
    seenBy: ['crash-of-target', 'space'],
    known: { operations: 4, words: 'a store through a mapping of a hole beside fallocate of the same block' },
  },
  {
    kind: 'impossible',
    id: 'B32',
    source: 'commit d2dc317d564a (ext4: fix data corruption caused by unwritten and delayed extents)',
    mechanism:
      'A range that is unwritten and in part delayed counts as delayed for ever, so that a later write zeroes the rest of a block.',
    why: 'A block has one state here, delayed or unwritten, and an allocation covers one state at a time: no range has both.',
  },
  {
    kind: 'planted',
    id: 'B33',
    source: 'message-id 1590121124-37096 (ext4: fix partial cluster handling)',
    mechanism: 'A hole that ends a cluster in use frees the cluster although blocks before it are mapped.',
    fault: 'bigalloc-frees-shared-cluster',
    needs: ['bigalloc'],
    hunter: 'check',
    seenBy: ['complaint', 'crash-of-target', 'e2fsck', 'space'],
    known: {
      setup: setupWith(4096, {}, CLUSTERS),
      operations: [open(), write(0, 32 * KIB), SYNC, place('punch', 4 * KIB, 28 * KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B34',
    source:
      'message-id 20230824092619.1327976-2 (ext4: correct the start block of counting reserved clusters)',
    mechanism:
      'Promises are counted from the wrong block: a cluster in which the discarded range begins keeps its promise.',
    fault: 'bigalloc-counts-from-range-start',
    needs: ['bigalloc'],
    hunter: 'check',
    seenBy: ['space', 'crash-of-target'],
    known: {
      setup: setupWith(4096, {}, CLUSTERS),
      operations: [open(), write(4 * KIB, 4 * KIB), size(4 * KIB)],
    },
  },
  {
    kind: 'planted',
    id: 'B35',
    source: 'commit aed43f47e1ed',
    mechanism: 'SEEK_DATA on a file with indirect blocks takes delayed blocks for a hole.',
    fault: 'indirect-reports-delayed-as-hole',
    needs: ['indirect blocks'],
    hunter: 'check',
    seenBy: ['result'],
    known: { setup: setupWith(4096, {}, INDIRECT), operations: [open(), write(0, 4 * KIB), seek(0, 'data')] },
  },
  {
    kind: 'impossible',
    id: 'B36',
    source: 'commit 26a3ff309c91',
    mechanism: 'Remounting from delalloc to nodelalloc orphans what was promised.',
    why: 'Delayed allocation cannot be switched by a remount here: MountChanges has no such option, and an inode keeps its table while it is in memory.',
  },
  {
    kind: 'planted',
    id: 'B37',
    source: 'commit 7132de744ba7 (ext4: fix i_blocks when inserting an extent fails)',
    mechanism:
      'When the extent tree has no room for what was allocated, the blocks are given back and stay counted in i_blocks.',
    fault: 'failed-insert-counts-blocks',
    needs: ['full device'],
    hunter: 'check',
    seenBy: ['e2fsck', 'result', 'tree'],
    known: { operations: 8, words: 'a tree whose root is full, on a device with one free block' },
  },
];
