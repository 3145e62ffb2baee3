import { describe } from 'vitest';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import { randomPrograms } from './real-kernel/random.fixture.ts';

/** Seeds and programs more than usual: TWINPATH_KERNEL_SEEDS=200 npx vitest run impl/vfs/random-calls.test.ts */
const SEEDS = Number(process.env.TWINPATH_KERNEL_SEEDS ?? '1');

describe.each(Array.from({ length: SEEDS }, (_, index) => index + 1))('random calls, seed %i', (seed) => {
  likeTheKernel(randomPrograms(seed, 60, 120));
});
