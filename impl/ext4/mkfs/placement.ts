import { groupBaseBlocks, groupBlocks, groupFirstBlock, groupOfBlock } from '../allocation/group-layout.ts';
import { EXT_INIT_MAX_LEN } from '../layout/extent.ts';
import { EXT4_GOOD_OLD_FIRST_INO } from '../layout/inode.ts';
import { hasFeature } from '../super/features.ts';
import { indirectBlocks } from './block-map.ts';
import { EXTENTS_IN_INODE, extentsInBlock } from './extents.ts';
import type { NewGeometry } from './geometry.ts';
import { MkfsError } from './mkfs-error.ts';
import { QUOTA_FILE_BYTES, quotaFiles, quotaWriteOrder } from './quota-files.ts';
import { blocksOf, UsedBlocks, wholeClusters, type Run } from './used-blocks.ts';

export interface GroupTables {
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
}

/** Where everything of a new file system lies. */
export interface Placement {
  readonly tables: readonly GroupTables[];
  /** In whole clusters. */
  readonly used: UsedBlocks;
  /** Of these, what is lost to superblocks, descriptors, bitmaps and tables. */
  readonly metadataBlocks: number;
  readonly root: readonly Run[];
  readonly lostAndFound: readonly Run[];
  /** The double indirect block of the resize inode; 0 without one. */
  readonly resizeIndirect: number;
  /** With indirect blocks, where files have no extents; each lies before what it is the first to address. */
  readonly journal: readonly Run[];
  /** The block of the journal's extent tree; 0 when its extents fit into the inode. */
  readonly journalTree: number;
  /** 0 without multiple mount protection. */
  readonly mmpBlock: number;
  /** One for each of `quotaFiles`, in the order of the file's blocks. */
  readonly quotas: readonly (readonly Run[])[];
  readonly orphanFile: readonly Run[];
}

/**
 * Directory blocks of lost+found: 16 KiB, at least two, at most the 12 that an inode addresses directly. With inline_data
 * mke2fs counts one that is not there, because the directory starts in the inode.
 */
export function lostAndFoundBlocks({ features, blockSize }: NewGeometry): number {
  const usual = Math.min(12, Math.max(2, (16 * 1024) / blockSize));
  return hasFeature(features, 'inline_data') ? usual - 1 : usual;
}

/** Places all in the order of mke2fs, so that the images are alike. */
export function place(geometry: NewGeometry): Placement {
  const byBlocks = new UsedBlocks();
  for (let group = 0; group < geometry.groups; group++) {
    const base = groupBaseBlocks(geometry, group);
    if (base > 0) byBlocks.add(groupFirstBlock(geometry, group), base);
  }
  const tables =
    geometry.groupsPerFlex > 1 ? placeFlexTables(geometry, byBlocks) : placeOwnTables(geometry, byBlocks);
  // Tables share clusters with each other; whatever comes now does not.
  const used = byBlocks.inClusters(geometry.clusterRatio);
  const metadataBlocks = used.count;
  const first = geometry.firstDataBlock;
  const root = take(geometry, used, first, 1, 'a root directory');
  const home = inodeGoal(geometry, EXT4_GOOD_OLD_FIRST_INO);
  const lostAndFound = take(geometry, used, home, lostAndFoundBlocks(geometry), 'lost+found');
  const resizeIndirect = placeResizeInode(geometry, used);
  const journal = placeJournal(geometry, used, journalGoal(geometry, tables, [...root, ...lostAndFound]));
  const mmp = hasFeature(geometry.features, 'mmp') ? take(geometry, used, first, 1, 'an MMP block') : [];
  const quotas = quotaFiles(geometry).map(() => placeQuotaFile(geometry, used));
  const orphanFile = take(
    geometry,
    used,
    first,
    fileBlocks(geometry, geometry.orphanBlocks),
    'an orphan file',
  );
  return {
    ...{ tables, used, metadataBlocks, root, lostAndFound, resizeIndirect },
    ...{ journal: journal.runs, journalTree: journal.tree },
    ...{ mmpBlock: mmp[0]?.start ?? 0, quotas, orphanFile },
  };
}

/** Where the search for an inode's first block begins (ext2fs_find_inode_goal). */
function inodeGoal(geometry: NewGeometry, ino: number): number {
  const group = Math.floor((ino - 1) / geometry.inodesPerGroup);
  return groupFirstBlock(geometry, group - (group % geometry.groupsPerFlex));
}

/** Blocks that a file of so many takes, with those that address the others. */
const fileBlocks = ({ features, blockSize }: NewGeometry, count: number): number =>
  hasFeature(features, 'extent') ? count : count + indirectBlocks(count, blockSize / 4);

function placeResizeInode(geometry: NewGeometry, used: UsedBlocks): number {
  if (!hasFeature(geometry.features, 'resize_inode')) return 0;
  const afterTables = groupBaseBlocks(geometry, 0) + 1 + geometry.inodeTableBlocks;
  const [run] = take(geometry, used, geometry.firstDataBlock + afterTables, 1, 'a resize inode');
  return run?.start ?? 0;
}

/** Every group's bitmaps and table inside it (ext2fs_allocate_group_table without flex_bg). */
function placeOwnTables(geometry: NewGeometry, used: UsedBlocks): GroupTables[] {
  const tables: GroupTables[] = [];
  for (let group = 0; group < geometry.groups; group++) {
    const start = groupFirstBlock(geometry, group);
    const limit = start + groupBlocks(geometry, group);
    const one = (size: number): number => {
      const run = used.free(start, limit, size);
      if (run === null)
        throw new MkfsError(`no ${size} free blocks between ${start} and ${limit} for tables`);
      used.add(run.start, size);
      return run.start;
    };
    tables.push({ blockBitmap: one(1), inodeBitmap: one(1), inodeTable: one(geometry.inodeTableBlocks) });
  }
  return tables;
}

/** Bitmaps, then tables, of several groups side by side (ext2fs_allocate_group_table with flex_bg). */
function placeFlexTables(geometry: NewGeometry, used: UsedBlocks): GroupTables[] {
  const tables: GroupTables[] = [];
  const { groupsPerFlex } = geometry;
  for (let flex = 0; flex < geometry.groups; flex += groupsPerFlex) {
    const count = Math.min(groupsPerFlex, geometry.groups - flex);
    const last = flex + count - 1;
    const limit = groupFirstBlock(geometry, last) + groupBlocks(geometry, last);
    const start = groupFirstBlock(geometry, flex);
    // The last, incomplete set keeps no space for groups that may come; one group alone does.
    const stride = count === 1 ? groupsPerFlex : count;
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

/** A quota file's blocks are allocated in the order in which they are written. */
function placeQuotaFile(geometry: NewGeometry, used: UsedBlocks): Run[] {
  const { blockSize, clusterRatio, firstDataBlock } = geometry;
  const count = Math.ceil(QUOTA_FILE_BYTES / blockSize);
  const runs = take(geometry, used, firstDataBlock, count, 'a quota file');
  const order = quotaWriteOrder(blockSize);
  const blocks = [...blocksOf(runs)];
  const inOrder: number[] = [];
  // In a cluster a block has its place, whenever it is written.
  order.forEach((logical, index) => (inOrder[logical] = blocks[clusterRatio > 1 ? logical : index] ?? 0));
  return asRuns(inOrder, order.at(-1) ?? 0);
}

/** `blocks` in as few runs as possible, but that whatever follows `last` was there before it and is not joined with it. */
function asRuns(blocks: readonly number[], last: number): Run[] {
  const runs: { start: number; length: number }[] = [];
  blocks.forEach((block, index) => {
    const before = runs.at(-1);
    const joins = before !== undefined && before.start + before.length === block && index !== last + 1;
    if (joins) before.length++;
    else runs.push({ start: block, length: 1 });
  });
  return runs;
}

/** The first `count` free blocks from `from` on, in as few runs as that gives; null if it takes more than `runsMax`. */
function takeFirstFree(...request: Parameters<typeof firstFree>): Run[] | null {
  const [, used] = request;
  const runs = firstFree(...request);
  for (const { start, length } of runs ?? []) used.add(start, length);
  return runs;
}

/** Where they are, without taking them. */
function firstFree(
  geometry: NewGeometry,
  used: UsedBlocks,
  from: number,
  count: number,
  runsMax: number,
): Run[] | null {
  const runs: Run[] = [];
  let missing = count;
  for (let next = from; missing > 0;) {
    const run = used.free(next, geometry.blocks, 1);
    if (run === null || runs.length === runsMax) return null;
    const length = Math.min(run.length, missing, EXT_INIT_MAX_LEN);
    runs.push({ start: run.start, length });
    missing -= length;
    next = run.start + length;
  }
  return runs;
}

/** Blocks for a file, of clusters that nobody else uses. Throws MkfsError when there are too few. */
function take(geometry: NewGeometry, used: UsedBlocks, from: number, count: number, what: string): Run[] {
  const most = hasFeature(geometry.features, 'extent') ? EXTENTS_IN_INODE : Infinity;
  return takeAtMost(geometry, used, from, count, most) ?? noRoom(geometry, count, what);
}

const noRoom = ({ blocks }: NewGeometry, count: number, what: string): never => {
  throw new MkfsError(`no room for ${what} of ${count} blocks in ${blocks} blocks`);
};

/** The same in at most so many runs; null when that cannot be. */
function takeAtMost(
  geometry: NewGeometry,
  used: UsedBlocks,
  from: number,
  count: number,
  most: number,
): Run[] | null {
  const { clusterRatio, blocks, firstDataBlock } = geometry;
  const whole = wholeClusters(count, clusterRatio);
  const goal = clusterRatio > 1 ? from - (from % clusterRatio) : from;
  const runs =
    takeFirstFree(geometry, used, goal, whole, most) ??
    takeFirstFree(geometry, used, used.free(goal, blocks, whole)?.start ?? blocks, whole, most) ??
    takeFirstFree(geometry, used, firstDataBlock, whole, most);
  return runs === null ? null : cutTo(runs, whole - count);
}

/** Its runs, and the block of its extent tree, or 0. */
interface JournalPlace {
  readonly runs: readonly Run[];
  readonly tree: number;
}

/**
 * A journal of a gibibyte has more extents than its inode holds. mke2fs asks for the leaf when the fifth has its blocks, as
 * near before the first as can be.
 */
function placeJournal(geometry: NewGeometry, used: UsedBlocks, goal: number): JournalPlace {
  const { blockSize, clusterRatio, firstDataBlock, features } = geometry;
  const count = fileBlocks(geometry, geometry.journalBlocks);
  const inInode = hasFeature(features, 'extent') ? EXTENTS_IN_INODE : Infinity;
  const few = takeAtMost(geometry, used, goal, count, inInode);
  if (few !== null) return { runs: few, tree: 0 };
  const what = 'a journal';
  const whole = wholeClusters(count, clusterRatio);
  const most = extentsInBlock(blockSize);
  const start = [goal, firstDataBlock].find((from) => firstFree(geometry, used, from, whole, most) !== null);
  const possible =
    firstFree(geometry, used, start ?? geometry.blocks, whole, most) ?? noRoom(geometry, count, what);
  const head = possible.slice(0, EXTENTS_IN_INODE + 1);
  for (const run of head) used.add(run.start, run.length);
  const before = Math.max(firstDataBlock, (head[0]?.start ?? 0) - clusterRatio);
  const tree = used.free(before, geometry.blocks, clusterRatio) ?? noRoom(geometry, 1, what);
  used.add(tree.start, clusterRatio);
  const missing = whole - head.reduce((sum, { length }) => sum + length, 0);
  const rest = takeFirstFree(geometry, used, head.at(-1)?.start ?? 0, missing, most - head.length);
  const runs = [...head, ...(rest ?? noRoom(geometry, count, what))];
  return { runs: cutTo(runs, whole - count), tree: tree.start };
}

/** Without the last blocks: a file need not fill its last cluster. */
function cutTo(runs: readonly Run[], unused: number): Run[] {
  const last = runs.at(-1);
  return last === undefined ? [] : [...runs.slice(0, -1), { ...last, length: last.length - unused }];
}

/**
 * In the middle of the file system, so that seeks are short; without extents, where the inode's other blocks would be,
 * because there mke2fs asks for one block after the other.
 */
const journalGoal = (
  geometry: NewGeometry,
  tables: readonly GroupTables[],
  directories: readonly Run[],
): number =>
  hasFeature(geometry.features, 'extent')
    ? groupFirstBlock(geometry, journalGroup(geometry, freeAsCounted(geometry, tables, directories)))
    : geometry.firstDataBlock;

/**
 * What mke2fs takes for the free blocks of each group before there is a journal: with bigalloc a mixture of blocks and
 * clusters, which it puts right only at the end.
 */
function freeAsCounted(
  geometry: NewGeometry,
  tables: readonly GroupTables[],
  directories: readonly Run[],
): number[] {
  const { groups, groupsPerFlex, inodeTableBlocks, clusterRatio } = geometry;
  const own = groupsPerFlex > 1 ? 0 : 2 + inodeTableBlocks;
  const free = Array.from({ length: groups }, (_, group) => {
    return groupBlocks(geometry, group) - groupBaseBlocks(geometry, group) - own;
  });
  const lose = (group: number, count: number): void => {
    free[group] = (free[group] ?? 0) - count;
  };
  for (const { blockBitmap, inodeBitmap, inodeTable } of groupsPerFlex > 1 ? tables : []) {
    for (const block of [blockBitmap, inodeBitmap]) lose(groupOfBlock(geometry, block), 1);
    for (const { group, length } of byGroup(geometry, { start: inodeTable, length: inodeTableBlocks })) {
      lose(group, Math.floor(length / clusterRatio));
    }
  }
  for (const run of directories) {
    for (const { group, length } of byGroup(geometry, run)) lose(group, Math.ceil(length / clusterRatio));
  }
  return free;
}

/** The group in the middle, or a neighbour with more free blocks (get_midpoint_journal_block of e2fsprogs). */
function journalGroup(geometry: NewGeometry, free: readonly number[]): number {
  const { groupsPerFlex } = geometry;
  const middle = groupOfBlock(
    geometry,
    Math.max(geometry.firstDataBlock, Math.floor((geometry.blocks - geometry.firstDataBlock) / 2)),
  );
  let best = Math.max(0, middle - 1);
  let base = middle;
  if (groupsPerFlex > 1 && middle > groupsPerFlex) {
    base = middle - (middle % groupsPerFlex);
    while (base < geometry.groups && free[base] === 0) base++;
    if (base === geometry.groups) base = 0;
    best = base;
  }
  const end = Math.min(base + 1, geometry.groups - 1);
  for (let group = best + 1; group <= end; group++) {
    if ((free[group] ?? 0) > (free[best] ?? 0)) best = group;
  }
  return best;
}

/** Used blocks in each group. */
export function usedPerGroup(geometry: NewGeometry, used: UsedBlocks): number[] {
  const counts = new Array<number>(geometry.groups).fill(0);
  for (const run of used.runs()) {
    for (const { group, length } of byGroup(geometry, run)) counts[group] = (counts[group] ?? 0) + length;
  }
  return counts;
}

/** A run cut where a group ends. */
function* byGroup(geometry: NewGeometry, { start, length }: Run): Generator<Run & { group: number }> {
  const end = start + length;
  for (let block = start; block < end;) {
    const group = groupOfBlock(geometry, block);
    const next = Math.min(end, groupFirstBlock(geometry, group + 1));
    yield { group, start: block, length: next - block };
    block = next;
  }
}
