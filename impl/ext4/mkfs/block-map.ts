/** i_block's slots that hold blocks themselves; the next three address one, two and three levels. */
const DIRECT = 12;
const SLOTS = 15;

/** Where the blocks of a file without extents are written down. */
export interface BlockMap {
  /** i_block: 15 numbers of blocks. */
  readonly slots: readonly number[];
  /** Indirect blocks and what stands in them. */
  readonly tables: readonly { readonly block: number; readonly entries: readonly number[] }[];
  /** The blocks with the file's bytes, in order. */
  readonly data: readonly number[];
}

/** How many indirect blocks a file of `count` blocks without holes has, `addresses` to each of them. */
export function indirectBlocks(count: number, addresses: number): number {
  let total = 0;
  let rest = count - DIRECT;
  for (let level = 1; rest > 0; level++) {
    const here = Math.min(rest, addresses ** level);
    for (let depth = 1; depth <= level; depth++) total += Math.ceil(here / addresses ** depth);
    rest -= here;
  }
  return total;
}

/** Uses `blocks` one after the other, as asking for one block at a time would: each indirect one before those behind it. */
export function mapInOrder(blocks: readonly number[], addresses: number): BlockMap {
  const slots: number[] = new Array<number>(SLOTS).fill(0);
  const tables: { block: number; entries: number[] }[] = [];
  const data: number[] = [];
  let next = 0;
  const fill = (level: number): number => {
    const block = blocks[next++] ?? 0;
    if (level === 0) {
      data.push(block);
      return block;
    }
    const entries: number[] = [];
    tables.push({ block, entries });
    while (entries.length < addresses && next < blocks.length) entries.push(fill(level - 1));
    return block;
  };
  for (let slot = 0; slot < SLOTS && next < blocks.length; slot++) {
    slots[slot] = fill(slot < DIRECT ? 0 : slot - DIRECT + 1);
  }
  return { slots, tables, data };
}
