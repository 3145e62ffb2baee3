import { test } from 'vitest';
import { fallocate, mapped, open, opened, pwrite, store, task, type Script } from './catalogue/script.ts';
import { expectToHold, programIn } from './racing.fixture.ts';

const BLOCK = 1024;

/** Found with drawn programs: what one task holds in memory, another one took away. */
const FOUND: readonly {
  readonly about: string;
  readonly modes: readonly string[];
  readonly script: Script;
}[] = [
  {
    about: 'a short write gives no promise back of what a store made dirty while it ran',
    modes: ['iomap'],
    script: {
      image: [
        open('fd0', 'a', { create: true }),
        { op: 'ftruncate', handle: 'fd0', size: 8 * BLOCK },
        { op: 'close', handle: 'fd0' },
      ],
      before: [...opened('a'), mapped('fd1', 2)],
      tasks: [
        task('writer', {
          op: 'pwrite',
          handle: 'fd0',
          offset: 0,
          content: { seed: 3, length: 8 * BLOCK },
          faultAt: BLOCK,
        }),
        task('mapper', store(2 * BLOCK, { seed: 4, length: 100 })),
      ],
    },
  },
  {
    about: 'a block of the extent tree that somebody is about to change stays in memory',
    modes: ['delalloc', 'iomap'],
    script: {
      image: [
        open('fd0', 'a', { create: true }),
        // As many extents as do not fit into the inode.
        ...[0, 4, 8].flatMap((block) => [
          pwrite('fd0', block * BLOCK, BLOCK, 1),
          fallocate('fd0', 'keep-size', block * BLOCK, 3 * BLOCK),
        ]),
        { op: 'close', handle: 'fd0' },
      ],
      before: opened('a'),
      tasks: [
        task('allocator', fallocate('fd0', 'keep-size', 16 * BLOCK, 1)),
        task('dropper', { op: 'drop-caches' }),
      ],
    },
  },
];

test.each(FOUND.flatMap(({ modes, ...found }) => modes.map((mode) => ({ mode, ...found }))))(
  '$about: $mode',
  { timeout: 240_000 },
  async ({ mode: name, script }) => {
    await expectToHold(programIn(name, BLOCK, script));
  },
);
