import { EXT4_INLINE_DATA_FL, isRegular, type Inode } from '../inode/inode.ts';

/** Blocks of a range that are looked at: more only make it mixed. */
const BLOCKS_MAX = 64;

/**
 * In which state the blocks of bytes [offset, offset + length) are that memory knows: `hole`, `delayed`, `unwritten` or `written`,
 * several of them joined by `+` in this order, `unknown` where it knows nothing; `beyond` where the range begins in nothing at the
 * end of the file or behind it; `inline` and `no file` for what has no blocks. Costs next to nothing and changes nothing.
 */
export function rangeState(inode: Inode, offset: number, length: number): string {
  if (!isRegular(inode.mode)) return 'no file';
  if ((inode.flags & EXT4_INLINE_DATA_FL) !== 0) return 'inline';
  const { blockSize, extentStatus } = inode;
  let block = Math.floor(Math.max(0, offset) / blockSize);
  const end = Math.min(Math.ceil((offset + Math.max(1, length)) / blockSize), block + BLOCKS_MAX);
  const first = extentStatus.lookup(block)?.state ?? 'hole';
  if (offset >= inode.size && first === 'hole') return 'beyond';
  let seen = 0;
  while (block < end) {
    const known = extentStatus.lookup(block);
    seen |= known === null ? UNKNOWN : BITS[known.state];
    block = known === null ? block + 1 : known.logical + known.length;
  }
  return NAMES[seen] ?? 'unknown';
}

const ORDER = ['hole', 'delayed', 'unwritten', 'written'] as const;
const BITS = { hole: 1, delayed: 2, unwritten: 4, written: 8 } as const;
const UNKNOWN = 16;

/** By the bits that were seen: names made once. What memory does not know says nothing beside what it does. */
const NAMES: readonly string[] = Array.from({ length: 32 }, (_, bits) => {
  const names = ORDER.filter((name) => (bits & BITS[name]) !== 0);
  return names.length === 0 ? 'unknown' : names.join('+');
});
