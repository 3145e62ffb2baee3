import { describe } from 'vitest';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import type { Setting } from './real-kernel/kernel.fixture.ts';
import { randomDataPrograms } from './real-kernel/random-data.fixture.ts';

/** Seeds and programs more than usual: TWINPATH_KERNEL_SEEDS=200 npx vitest run impl/vfs/random-data-calls.test.ts */
const SEEDS = Number(process.env.TWINPATH_KERNEL_SEEDS ?? '0');

/** A row: features, and how both are mounted. The kernel has one path; what it answers must not depend on ours. */
const ROWS: readonly (readonly [name: string, features: readonly string[], setting: Setting])[] = [
  ['delayed allocation', [], {}],
  ['iomap', [], { mount: { bufferedIomap: true } }],
  ['iomap, blocks of 4k', [], { blockSize: 4096, mount: { bufferedIomap: true } }],
  ['blocks of 4k', [], { blockSize: 4096 }],
  ['no delayed allocation', [], { mount: { delalloc: false }, kernelMount: ['nodelalloc'] }],
  [
    'iomap, no delayed allocation',
    [],
    { mount: { delalloc: false, bufferedIomap: true }, kernelMount: ['nodelalloc'] },
  ],
  ['dioread_lock', [], { mount: { dioreadNolock: false }, kernelMount: ['dioread_lock'] }],
  ['data=journal', ['has_journal'], { mount: { data: 'journal' }, kernelMount: ['data=journal'] }],
  ['bigalloc', ['bigalloc'], {}],
  ['bigalloc, iomap', ['bigalloc'], { mount: { bufferedIomap: true } }],
  ['indirect blocks', ['^extent', '^64bit'], {}],
  ['inline data', ['inline_data'], {}],
  ['fast commits', ['has_journal', 'fast_commit'], { mount: { bufferedIomap: true } }],
];

/** Usually each row has a few programs of its own; with more seeds each has all. */
const seeds = (row: number): readonly number[] =>
  SEEDS === 0 ? [row] : Array.from({ length: SEEDS }, (_, index) => index);

describe.each(ROWS.map((row, index) => [...row, index] as const))('%s', (_, features, setting, row) => {
  describe.each(seeds(row))('random calls, seed %i', (seed) => {
    likeTheKernel(randomDataPrograms(seed, SEEDS === 0 ? 4 : 40, 30), features, setting);
  });
});
