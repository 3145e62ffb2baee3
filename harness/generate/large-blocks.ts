import type { GenerationLimits } from '../generate-sequence.ts';
import { LARGE_BLOCK_SIZES } from '../setup.ts';

/** One sequence in so many has blocks larger than a page: their devices are large, and take their time. */
const LARGE_BLOCKS_EVERY = 40;

/** One size after the other. Who wants a block size or a format of his own gets that; all other sequences stay as they are. */
export function withLargeBlocks(sequence: number, limits: GenerationLimits): GenerationLimits {
  const isTurn = sequence % LARGE_BLOCKS_EVERY === LARGE_BLOCKS_EVERY - 1;
  if (!isTurn || limits.blockSize !== null || limits.format !== undefined) return limits;
  const turn = Math.floor(sequence / LARGE_BLOCKS_EVERY);
  const blockSize = LARGE_BLOCK_SIZES[turn % LARGE_BLOCK_SIZES.length] ?? null;
  return { ...limits, blockSize, pool: undefined };
}
