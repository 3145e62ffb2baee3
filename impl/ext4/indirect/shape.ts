/** Slots of i_block that hold blocks of the file (EXT4_NDIR_BLOCKS); one slot for each depth of indirection follows. */
export const DIRECT_SLOTS = 12;

/** All slots of i_block (EXT4_N_BLOCKS). */
export const ROOT_SLOTS = 15;

/** Bytes of a pointer. */
export const POINTER_BYTES = 4;

/** The way from i_block to a block of the file, in slots (ext4_block_to_path). */
export interface Route {
  /** The slot of i_block, then one of each indirect block. */
  readonly slots: readonly number[];
  /** First logical block that is as many steps away. */
  readonly base: number;
}

/** Answers null for a block that no pointer can reach. `perBlock` pointers stand in an indirect block. */
export function routeTo(logical: number, perBlock: number): Route | null {
  if (logical < DIRECT_SLOTS) return { slots: [logical], base: 0 };
  let base = DIRECT_SLOTS;
  let reach = perBlock;
  for (let top = DIRECT_SLOTS; top < ROOT_SLOTS; top++) {
    if (logical - base < reach) {
      const slots = [top];
      let within = logical - base;
      for (let size = reach / perBlock; slots.length < top - DIRECT_SLOTS + 2; size /= perBlock) {
        slots.push(Math.floor(within / size));
        within %= size;
      }
      return { slots, base };
    }
    base += reach;
    reach *= perBlock;
  }
  return null;
}

/** Blocks of the file below a pointer that stands `height` steps above them. */
export function blocksBelow(perBlock: number, height: number): number {
  let blocks = 1;
  for (let step = 0; step < height; step++) blocks *= perBlock;
  return blocks;
}

/** How many blocks of a file can be mapped. */
export const mappableBlocks = (perBlock: number): number =>
  DIRECT_SLOTS + perBlock + perBlock ** 2 + perBlock ** 3;

/** i_blocks counts sectors in 32 bits, and with huge_file in 48 bits; what the limit is compared with are blocks. */
const SECTORS_MAX = 2 ** 32 - 1;
const HUGE_MAX = 2 ** 48 - 1;

/**
 * Bytes of the largest file: as much as the pointers reach, and not so much that i_blocks could not count it with its
 * indirect blocks if it had no hole (ext4_max_bitmap_size).
 */
export function maxIndirectBytes(blockSize: number, hugeFile: boolean): number {
  const perBlock = blockSize / POINTER_BYTES;
  const blocksMax = hugeFile ? HUGE_MAX : Math.floor(SECTORS_MAX / (blockSize / 512));
  const reached = mappableBlocks(perBlock);
  const single = 1;
  const double = 1 + perBlock;
  const triple = 1 + perBlock + perBlock ** 2;
  if (reached + single + double + triple <= blocksMax) return reached * blockSize;
  const beyondSingle = blocksMax - DIRECT_SLOTS - perBlock;
  if (beyondSingle < perBlock ** 2)
    return (blocksMax - single - 1 - Math.ceil(beyondSingle / perBlock)) * blockSize;
  const beyondDouble = beyondSingle - perBlock ** 2;
  const rest = 1 + Math.ceil(beyondDouble / perBlock) + Math.ceil(beyondDouble / perBlock ** 2);
  return (blocksMax - single - double - rest) * blockSize;
}
