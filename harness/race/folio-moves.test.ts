import { open, pwrite } from './catalogue/script.ts';
import { testBothPaths } from './racing.fixture.ts';

const BLOCK = 1024;

// Found with drawn programs: writeback waited for the first of two folios while compaction moved the second to other memory, and
// passed over it then. Collapse threw it away, dirty.
testBothPaths(
  'a folio that moves to other memory while writeback waits for it, or for one before it, is written',
  BLOCK,
  {
    image: [
      open('fd0', 'a', { create: true }),
      pwrite('fd0', 0, 4 * BLOCK + 512, 1),
      { op: 'close', handle: 'fd0' },
    ],
    before: [
      open('fd0', 'a', { create: true }),
      pwrite('fd0', BLOCK + 512, 2 * BLOCK, 2),
      pwrite('fd0', 4 * BLOCK, 4 * BLOCK, 3),
    ],
    tasks: [
      { name: 'compactor', operations: [{ op: 'reclaim', path: 'a', offset: 0, length: 10 * BLOCK }] },
      {
        name: 'shifter',
        operations: [{ op: 'fallocate', handle: 'fd0', mode: 'collapse', offset: 2 * BLOCK, length: BLOCK }],
      },
    ],
  },
);
