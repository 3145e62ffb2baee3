import { open, pwrite } from './catalogue/script.ts';
import { testBothPaths } from './racing.fixture.ts';

const BLOCK = 4096;

// Found with drawn programs: a direct write that overwrites had set the times and waited for a folio, while another one came, saw the
// times, wrote and read. Linux does the same: file_modified under i_rwsem, shared, then kiocb_invalidate_pages, then the transfer.
testBothPaths(
  'the times of a direct overwrite may be seen before another write, and its bytes after it',
  BLOCK,
  {
    image: [],
    before: [
      open('fd0', 'a', { create: true }),
      pwrite('fd0', 0, 2 * BLOCK, 1),
      { op: 'fsync', handle: 'fd0' },
      open('fd1', 'a', { direct: true }),
      open('fd2', 'a', { direct: true }),
    ],
    tasks: [
      { name: 'first', operations: [pwrite('fd1', BLOCK, 512, 2)] },
      {
        name: 'other',
        operations: [
          { op: 'fstat', handle: 'fd2' },
          pwrite('fd2', 0, 512, 3),
          { op: 'pread', handle: 'fd2', offset: 0, length: 2 * BLOCK },
        ],
      },
    ],
  },
);
