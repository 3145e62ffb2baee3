import { open, pwrite } from './catalogue/script.ts';
import { testBothPaths } from './racing.fixture.ts';

const BLOCK = 4096;

// Found with drawn programs: zeroing looked the block up (unwritten) and then waited for its folio, which writeback had. Meanwhile the
// block was filled and the folio dropped, so that nobody zeroed what the disk held. Linux looks it up with the folio locked
// (ext4_block_zero_page_range).
testBothPaths(
  'part of a block is zeroed although writeback fills the block, and its folio goes, while zeroing waits',
  BLOCK,
  {
    image: [],
    before: [open('fd0', 'a', { create: true }), pwrite('fd0', 0, 3072, 1), pwrite('fd0', BLOCK, 1024, 2)],
    tasks: [
      {
        name: 'zeroer',
        operations: [{ op: 'fallocate', handle: 'fd0', mode: 'zero-keep-size', offset: 0, length: 3072 }],
      },
      {
        name: 'dropper',
        operations: [{ op: 'fadvise', handle: 'fd0', offset: 0, length: 0, advice: 'dontneed' }],
      },
    ],
  },
);
