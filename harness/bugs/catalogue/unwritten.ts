import type { Bug } from '../bug.ts';
import { KIB, open, place, setupWith, write } from './script.ts';

/** Unwritten extents. */
export const UNWRITTEN: readonly Bug[] = [
  {
    kind: 'planted',
    id: 'B38',
    source: 'commit e856f93e0fb2',
    mechanism:
      'Unwritten blocks are converted although the device failed to write them, and show what they held before.',
    fault: 'failed-write-converts',
    needs: ['failing device'],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: { operations: 3, words: 'a write, and writeback that fails' },
  },
  {
    kind: 'planted',
    id: 'B39',
    source: 'generic/269',
    mechanism:
      'An unwritten buffer is not marked new, so a write to a part of its block reads the old bytes of the disk into the rest.',
    fault: 'bh-unwritten-is-not-new',
    needs: [],
    hunter: 'check',
    seenBy: ['result', 'tree'],
    known: { setup: setupWith(4096), operations: [open(), place('allocate', 0, 4 * KIB), write(100, 10)] },
  },
  {
    kind: 'planted',
    id: 'B40',
    source:
      'message-id af902b5db99e.1602168865.git.riteshh (ext4: Fix bs < ps issue reported with dioread_nolock mount opt)',
    mechanism:
      'A block number is shifted to bytes in 32 bits before the conversion at the end of a write: beyond 4 GiB it converts something else.',
    fault: 'bh-converts-32-bit-positions',
    needs: ['offsets beyond 4 GiB'],
    hunter: 'check',
    seenBy: ['result', 'tree', 'recovery'],
    known: { setup: setupWith(1024), operations: [open(), write(2 ** 32 + KIB, KIB)] },
  },
  {
    kind: 'impossible',
    id: 'B41',
    source: 'commit 6d882ea3b093',
    mechanism: 'The extent status keeps "unwritten" for a range that was zeroed out and is written now.',
    why: 'There is no zeroing out: where the kernel cannot split an extent for want of space, the space kept back is used.',
  },
];
