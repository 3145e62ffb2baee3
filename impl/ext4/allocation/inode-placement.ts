import { EXT4_TOPDIR_FL } from '../inode/flags.ts';
import type { Inode } from '../inode/inode.ts';
import { freeBlocks, freeInodes, usedDirectories } from '../layout/group-descriptor.ts';
import { DX_HASH_HALF_MD4 } from '../layout/directory-index.ts';
import { EXT4_ROOT_INO } from '../layout/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** Where in the tree a new inode gets its place. */
export interface Birthplace {
  readonly dir: Inode;
  /** Null for an inode without one. */
  readonly name: Uint8Array | null;
}

/**
 * The group in which to look first for a new inode (find_group_orlov and find_group_other). Groups of one flex group count
 * as one, and their inode tables fill from the first one on. Directories of the root, and of what has the flag TOPDIR,
 * spread; deeper ones stay near their parent unless it is fuller than others; files stay with their directory.
 */
export function preferredGroup(sb: SuperBlock, birthplace: Birthplace | null, directory: boolean): number {
  if (sb.groups.length === 1) return 0;
  const group = directory ? directoryGroup(sb, birthplace) : fileGroup(sb, birthplace?.dir ?? null);
  if (birthplace !== null) birthplace.dir.lastAllocatedGroup = group;
  return group;
}

const groupOf = ({ geometry }: SuperBlock, dir: Inode | null): number =>
  Math.floor(((dir?.ino ?? EXT4_ROOT_INO) - 1) / geometry.inodesPerGroup);

function directoryGroup(sb: SuperBlock, birthplace: Birthplace | null): number {
  const dir = birthplace?.dir ?? null;
  const spreads = dir === null || dir.ino === EXT4_ROOT_INO || (dir.flags & EXT4_TOPDIR_FL) !== 0;
  const flex = spreads ? emptiestFlex(sb, birthplace?.name ?? null) : roomyFlex(sb, dir);
  return (flex === null ? null : firstWithInode(sb, flex)) ?? fallbackGroup(sb, dir);
}

/** The directory's flex group, else that of the last inode that was made in it, else the one that Orlov would take. */
function fileGroup(sb: SuperBlock, dir: Inode | null): number {
  const home = groupOf(sb, dir);
  if (sb.geometry.groupsPerFlex === 1) return groupNearHome(sb, home);
  const last = dir?.lastAllocatedGroup ?? home;
  return (
    firstWithInode(sb, flexOf(sb, home)) ??
    firstWithInode(sb, flexOf(sb, last)) ??
    firstWithInode(sb, roomyFlex(sb, dir) ?? flexOf(sb, home)) ??
    fallbackGroup(sb, dir)
  );
}

/** The first group from `home` on with free inodes and blocks, else `home`. */
const groupNearHome = (sb: SuperBlock, home: number): number =>
  scan(sb.groups.length, home, (number) => {
    const { freeInodes, freeClusters } = stateOf(sb, number, 1);
    return freeInodes > 0 && freeClusters > 0;
  }) ?? home;

const flexOf = ({ geometry }: SuperBlock, group: number): number =>
  Math.floor(group / geometry.groupsPerFlex);

const flexCount = ({ geometry }: SuperBlock): number => Math.ceil(geometry.groups / geometry.groupsPerFlex);

/** The first of `count` that `fits`, beginning at `first` and going round. */
function scan(count: number, first: number, fits: (index: number) => boolean): number | null {
  for (let step = 0; step < count; step++) {
    const index = (first + step) % count;
    if (fits(index)) return index;
  }
  return null;
}

/** What groups have together (struct orlov_stats). */
interface Stock {
  freeInodes: number;
  freeClusters: number;
  directories: number;
}

/** Of the groups of the `index`-th flex group, when flex groups have `size` groups (get_orlov_stats). */
function stateOf({ groups, geometry }: SuperBlock, index: number, size: number): Stock {
  const { descriptorSize } = geometry;
  const stock = { freeInodes: 0, freeClusters: 0, directories: 0 };
  for (const { raw } of groups.slice(index * size, (index + 1) * size)) {
    stock.freeInodes += freeInodes(raw, descriptorSize);
    stock.freeClusters += freeBlocks(raw, descriptorSize);
    stock.directories += usedDirectories(raw, descriptorSize);
  }
  return stock;
}

/**
 * Of the flex groups with at least average free inodes and blocks, the one with the fewest directories; of equal ones, the
 * first from where the name's hash leads.
 */
function emptiestFlex(sb: SuperBlock, name: Uint8Array | null): number | null {
  const { geometry, inodeAllocator, freeSpace, directoryHash } = sb;
  const count = flexCount(sb);
  const meanInodes = Math.floor(inodeAllocator.freeInodes / count);
  const meanClusters = Math.floor(freeSpace.free / count);
  const first = name === null ? 0 : directoryHash.of(DX_HASH_HALF_MD4, name).major % count;
  let best: number | null = null;
  let fewest = geometry.inodesPerGroup;
  for (let step = 0; step < count; step++) {
    const flex = (first + step) % count;
    const { freeInodes, freeClusters, directories } = stateOf(sb, flex, geometry.groupsPerFlex);
    if (freeInodes === 0 || directories >= fewest) continue;
    if (freeInodes < meanInodes || freeClusters < meanClusters) continue;
    fewest = directories;
    best = flex;
  }
  return best;
}

/** The first flex group that is not much fuller than the average one, from where the directory's last inode went. */
function roomyFlex(sb: SuperBlock, dir: Inode | null): number | null {
  const { geometry, inodeAllocator, freeSpace } = sb;
  const { inodesPerGroup, clustersPerGroup, groupsPerFlex } = geometry;
  const count = flexCount(sb);
  const meanInodes = Math.floor(inodeAllocator.freeInodes / count);
  const inodesPerFlex = inodesPerGroup * groupsPerFlex;
  const leastInodes = Math.max(1, meanInodes - inodesPerFlex / 4);
  const leastClusters = Math.floor(freeSpace.free / count) - (clustersPerGroup * groupsPerFlex) / 4;
  const mostDirectories = Math.floor(inodeAllocator.directories / count) + Math.floor(inodesPerFlex / 16);
  return scan(count, flexOf(sb, dir?.lastAllocatedGroup ?? groupOf(sb, dir)), (flex) => {
    const { freeInodes, freeClusters, directories } = stateOf(sb, flex, groupsPerFlex);
    return directories < mostDirectories && freeInodes >= leastInodes && freeClusters >= leastClusters;
  });
}

/** The first group of a flex group that has a free inode. */
function firstWithInode({ groups, geometry }: SuperBlock, flex: number): number | null {
  const { groupsPerFlex, descriptorSize } = geometry;
  const first = flex * groupsPerFlex;
  for (let number = first; number < first + groupsPerFlex; number++) {
    const group = groups[number];
    if (group === undefined) break;
    if (freeInodes(group.raw, descriptorSize) > 0) return number;
  }
  return null;
}

/** The first group from the parent's on with at least average free inodes, else with any, else the parent's. */
function fallbackGroup(sb: SuperBlock, dir: Inode | null): number {
  const { groups, inodeAllocator } = sb;
  const home = groupOf(sb, dir);
  const mean = Math.floor(inodeAllocator.freeInodes / groups.length);
  const atLeast = (least: number) =>
    scan(groups.length, home, (number) => stateOf(sb, number, 1).freeInodes >= least);
  return atLeast(Math.max(1, mean)) ?? atLeast(1) ?? home;
}
