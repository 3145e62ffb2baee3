import { groupBaseBlocks, groupBlocks, groupFirstBlock, groupOfBlock } from '../allocation/group-layout.ts';
import { EXT_INIT_MAX_LEN } from '../layout/extent.ts';
import type { NewGeometry } from './geometry.ts';
import { MkfsError } from './mkfs-error.ts';
import { UsedBlocks, type Run } from './used-blocks.ts';

/** log2 of the groups that keep their bitmaps and tables together (s_log_groups_per_flex). */
export const LOG_GROUPS_PER_FLEX = 4;
const GROUPS_PER_FLEX = 2 ** LOG_GROUPS_PER_FLEX;

/** i_block holds so many extents without a tree. */
const EXTENTS_IN_INODE = 4;

export interface GroupTables {
  blockBitmap: number;
  inodeBitmap: number;
  inodeTable: number;
}

/** Where everything of a new file system lies. */
export interface Placement {
  readonly tables: readonly GroupTables[];
  readonly used: UsedBlocks;
  readonly root: readonly Run[];
  readonly lostAndFound: readonly Run[];
  /** The double indirect block of the resize inode. */
  readonly resizeIndirect: number;
  readonly journal: readonly Run[];
  readonly orphanFile: readonly Run[];
}

/** Directory blocks of lost+found: 16 KiB, at most the 12 that an inode addressed directly once. */
export const lostAndFoundBlocks = (blockSize: number): number => Math.min(12, (16 * 1024) / blockSize);

/** Places all in the order of mke2fs, so that the images are alike. */
export function place(geometry: NewGeometry): Placement {
  const used = new UsedBlocks();
  for (let group = 0; group < geometry.groups; group++) {
    const base = groupBaseBlocks(geometry, group);
    if (base > 0) used.add(groupFirstBlock(geometry, group), base);
  }
  const tables = placeTables(geometry, used);
  const first = geometry.firstDataBlock;
  const root = take(geometry, used, first, 1, 'a root directory');
  const lostAndFound = take(geometry, used, first, lostAndFoundBlocks(geometry.blockSize), 'lost+found');
  const afterTables = groupBaseBlocks(geometry, 0) + 1 + geometry.inodeTableBlocks;
  const [indirect] = take(geometry, used, first + afterTables, 1, 'a resize inode');
  const journal = placeJournal(geometry, used);
  const orphanFile = take(geometry, used, first, geometry.orphanBlocks, 'an orphan file');
  return { tables, used, root, lostAndFound, resizeIndirect: indirect?.start ?? 0, journal, orphanFile };
}

/** Bitmaps, then tables, of 16 groups each side by side (ext2fs_allocate_group_table with flex_bg). */
function placeTables(geometry: NewGeometry, used: UsedBlocks): GroupTables[] {
  const tables: GroupTables[] = [];
  for (let flex = 0; flex < geometry.groups; flex += GROUPS_PER_FLEX) {
    const count = Math.min(GROUPS_PER_FLEX, geometry.groups - flex);
    const last = flex + count - 1;
    const limit = groupFirstBlock(geometry, last) + groupBlocks(geometry, last);
    const start = groupFirstBlock(geometry, flex);
    // The last, incomplete set keeps no space for groups that may come; one group alone does.
    const stride = count === 1 ? GROUPS_PER_FLEX : count;
    const at = { start, limit, quarter: Math.floor(geometry.blocksPerGroup / 4), count };
    const blockBitmaps = placeRow(used, at, start, 1);
    const inodeBitmaps = placeRow(used, at, (blockBitmaps[0] ?? 0) + stride, 1);
    const inodeTables = placeRow(used, at, (inodeBitmaps[0] ?? 0) + stride, geometry.inodeTableBlocks);
    blockBitmaps.forEach((blockBitmap, index) => {
      tables.push({
        blockBitmap,
        inodeBitmap: inodeBitmaps[index] ?? 0,
        inodeTable: inodeTables[index] ?? 0,
      });
    });
  }
  return tables;
}

interface FlexRange {
  readonly start: number;
  readonly limit: number;
  /** A search for room for all elements of a row looks for no more than this. */
  readonly quarter: number;
  readonly count: number;
}

/** One element of `size` blocks for each group of the set, from `from` on where that is possible. */
function placeRow(used: UsedBlocks, range: FlexRange, from: number, size: number): number[] {
  const found: number[] = [];
  let next = from;
  for (let index = 0; index < range.count; index++) {
    const whole = Math.max(size, Math.min((range.count - index) * size, range.quarter));
    const run =
      (next > range.start ? used.free(next, Math.min(next + whole + size, range.limit), size) : null) ??
      used.free(range.start, range.limit, whole) ??
      used.free(range.start, range.limit, size);
    if (run === null)
      throw new MkfsError(`no ${size} free blocks between ${range.start} and ${range.limit} for tables`);
    used.add(run.start, size);
    found.push(run.start);
    next = run.start + size;
  }
  return found;
}

/** The first `count` free blocks from `from` on, in as few runs as that gives; null if it takes too many runs. */
function takeFirstFree(geometry: NewGeometry, used: UsedBlocks, from: number, count: number): Run[] | null {
  const runs: Run[] = [];
  let missing = count;
  for (let next = from; missing > 0;) {
    const run = used.free(next, geometry.blocks, 1);
    if (run === null || runs.length === EXTENTS_IN_INODE) return null;
    const length = Math.min(run.length, missing, EXT_INIT_MAX_LEN);
    runs.push({ start: run.start, length });
    missing -= length;
    next = run.start + length;
  }
  for (const { start, length } of runs) used.add(start, length);
  return runs;
}

function take(geometry: NewGeometry, used: UsedBlocks, from: number, count: number, what: string): Run[] {
  const runs =
    takeFirstFree(geometry, used, from, count) ??
    takeFirstFree(geometry, used, used.free(from, geometry.blocks, count)?.start ?? geometry.blocks, count) ??
    takeFirstFree(geometry, used, geometry.firstDataBlock, count);
  if (runs === null)
    throw new MkfsError(`no room for ${what} of ${count} blocks in ${geometry.blocks} blocks`);
  return runs;
}

/** In the middle of the file system, so that seeks are short. */
function placeJournal(geometry: NewGeometry, used: UsedBlocks): Run[] {
  const goal = groupFirstBlock(geometry, journalGroup(geometry, used));
  return take(geometry, used, goal, geometry.journalBlocks, 'a journal');
}

/** The group in the middle, or a neighbour with more free blocks (get_midpoint_journal_block of e2fsprogs). */
function journalGroup(geometry: NewGeometry, used: UsedBlocks): number {
  const middle = groupOfBlock(
    geometry,
    Math.max(geometry.firstDataBlock, Math.floor((geometry.blocks - geometry.firstDataBlock) / 2)),
  );
  const aligned = middle > GROUPS_PER_FLEX;
  const base = aligned ? middle - (middle % GROUPS_PER_FLEX) : middle;
  let best = aligned ? base : Math.max(0, base - 1);
  const end = Math.min(base + 1, geometry.groups - 1);
  const free = usedPerGroup(geometry, used).map((count, group) => groupBlocks(geometry, group) - count);
  for (let group = best + 1; group <= end; group++) {
    if ((free[group] ?? 0) > (free[best] ?? 0)) best = group;
  }
  return best;
}

/** Used blocks in each group. */
export function usedPerGroup(geometry: NewGeometry, used: UsedBlocks): number[] {
  const counts = new Array<number>(geometry.groups).fill(0);
  for (const { start, length } of used.runs()) {
    const end = start + length;
    for (let block = start; block < end;) {
      const group = groupOfBlock(geometry, block);
      const next = Math.min(end, groupFirstBlock(geometry, group + 1));
      counts[group] = (counts[group] ?? 0) + next - block;
      block = next;
    }
  }
  return counts;
}
