import type { Inode } from '../inode/inode.ts';
import { freeBlocks, freeInodes, usedDirectories } from '../layout/group-descriptor.ts';
import { EXT4_ROOT_INO } from '../layout/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * The group in which to look first for a new inode. Files stay with their directory. Directories of the root spread;
 * deeper ones stay near their parent unless its group is fuller than others (find_group_orlov, without its dice).
 */
export function preferredGroup(sb: SuperBlock, parent: Inode | null, directory: boolean): number {
  const { inodesPerGroup } = sb.geometry;
  const ino = parent?.ino ?? EXT4_ROOT_INO;
  const home = Math.floor((ino - 1) / inodesPerGroup);
  if (sb.groups.length === 1) return 0;
  if (!directory) return fileGroup(sb, home);
  return ino === EXT4_ROOT_INO ? emptiestGroup(sb) : roomyGroup(sb, home);
}

/** The first group from `home` on with free inodes and blocks, else `home` (find_group_other). */
function fileGroup(sb: SuperBlock, home: number): number {
  const { descriptorSize } = sb.geometry;
  return (
    scan(sb, home, ({ raw }) => freeInodes(raw, descriptorSize) > 0 && freeBlocks(raw, descriptorSize) > 0) ??
    home
  );
}

function scan(
  sb: SuperBlock,
  home: number,
  fits: (group: SuperBlock['groups'][number]) => boolean,
): number | null {
  const { groups } = sb;
  for (let step = 0; step < groups.length; step++) {
    const group = groups[(home + step) % groups.length];
    if (group !== undefined && fits(group)) return group.number;
  }
  return null;
}

/** Of the groups with at least average free inodes and blocks, the one with the fewest directories. */
function emptiestGroup(sb: SuperBlock): number {
  const { groups, geometry, inodeAllocator, freeSpace } = sb;
  const { descriptorSize } = geometry;
  const meanInodes = Math.floor(inodeAllocator.freeInodes / groups.length);
  const meanBlocks = Math.floor(freeSpace.free / groups.length);
  let best = 0;
  let fewest = Infinity;
  for (const { raw, number } of groups) {
    const inodes = freeInodes(raw, descriptorSize);
    if (inodes === 0 || inodes < meanInodes || freeBlocks(raw, descriptorSize) < meanBlocks) continue;
    const directories = usedDirectories(raw, descriptorSize);
    if (directories < fewest) {
      fewest = directories;
      best = number;
    }
  }
  return best;
}

/** The first group from the parent's on that is not much fuller than the average one. */
function roomyGroup(sb: SuperBlock, home: number): number {
  const { groups, geometry, inodeAllocator, freeSpace } = sb;
  const { descriptorSize, inodesPerGroup, blocksPerGroup } = geometry;
  const leastInodes = Math.max(1, Math.floor(inodeAllocator.freeInodes / groups.length) - inodesPerGroup / 4);
  const leastBlocks = Math.floor(freeSpace.free / groups.length) - blocksPerGroup / 4;
  const mostDirectories = inodeAllocator.directories / groups.length + inodesPerGroup / 16;
  const found = scan(
    sb,
    home,
    ({ raw }) =>
      freeInodes(raw, descriptorSize) >= leastInodes &&
      freeBlocks(raw, descriptorSize) >= leastBlocks &&
      usedDirectories(raw, descriptorSize) < mostDirectories,
  );
  return found ?? fileGroup(sb, home);
}
