/** Where the fixed metadata of a file system lies: superblocks, descriptors and what is kept free for more of them. */
export interface GroupLayout {
  readonly blocks: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly clusterRatio: number;
  /** Blocks of group 0 before the superblock: 1 with blocks of 1024 bytes in larger clusters, else 0. */
  readonly bootBlocks: number;
  readonly groups: number;
  /** The feature sparse_super: only some groups hold a copy of the superblock. */
  readonly sparseSuper: boolean;
  /** The feature sparse_super2: the (at most two) groups with a copy, 0 for none; null without the feature. */
  readonly backupGroups: readonly [number, number] | null;
  /** Blocks of group descriptors of the whole file system. */
  readonly descriptorBlocks: number;
  /** So many groups have their descriptors in one block. */
  readonly descriptorsPerBlock: number;
  /** Blocks behind them, kept for growth by the resize inode. */
  readonly reservedDescriptorBlocks: number;
  /**
   * The feature meta_bg: descriptor blocks from this one on lie in the groups that they describe, instead of behind each
   * superblock (s_first_meta_bg); null without the feature.
   */
  readonly firstMetaGroup: number | null;
}

export const groupFirstBlock = (layout: GroupLayout, group: number): number =>
  layout.firstDataBlock + group * layout.blocksPerGroup;

/** Blocks in a group; the last one may be short. */
export const groupBlocks = (layout: GroupLayout, group: number): number =>
  group === layout.groups - 1 ? layout.blocks - groupFirstBlock(layout, group) : layout.blocksPerGroup;

/** Clusters of a group, the last of which may be short. */
export const groupClusters = (layout: GroupLayout, group: number): number =>
  Math.ceil(groupBlocks(layout, group) / layout.clusterRatio);

/** The group that a block belongs to. */
export const groupOfBlock = (layout: GroupLayout, block: number): number =>
  Math.floor((block - layout.firstDataBlock) / layout.blocksPerGroup);

/** Is `value` a power of `base` (and not 1)? */
function isPower(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

/** Does the group hold a superblock (ext4_bg_has_super)? */
export function groupHasSuperBlock(layout: GroupLayout, group: number): boolean {
  if (group === 0) return true;
  if (layout.backupGroups !== null) return layout.backupGroups.includes(group);
  if (group === 1 || !layout.sparseSuper) return true;
  return group % 2 === 1 && (isPower(group, 3) || isPower(group, 5) || isPower(group, 7));
}

/** Is the group's descriptor in a block that lies by the rules of meta_bg? */
const isMetaGroup = ({ firstMetaGroup, descriptorsPerBlock }: GroupLayout, group: number): boolean =>
  firstMetaGroup !== null && group >= firstMetaGroup * descriptorsPerBlock;

/** Descriptor blocks at the start of a group (ext4_bg_num_gdb), without reserved ones. */
export function groupDescriptorBlocks(layout: GroupLayout, group: number): number {
  if (isMetaGroup(layout, group)) {
    const place = group % layout.descriptorsPerBlock;
    return place === 0 || place === 1 || place === layout.descriptorsPerBlock - 1 ? 1 : 0;
  }
  return groupHasSuperBlock(layout, group) ? classicDescriptorBlocks(layout) : 0;
}

/** Descriptor blocks that lie behind superblocks. */
export const classicDescriptorBlocks = ({ descriptorBlocks, firstMetaGroup }: GroupLayout): number =>
  firstMetaGroup === null ? descriptorBlocks : Math.min(firstMetaGroup, descriptorBlocks);

/**
 * Blocks at the start of a group that the superblock and everything before and behind it take (ext4_num_base_meta_blocks).
 */
export function groupBaseBlocks(layout: GroupLayout, group: number): number {
  const own = groupDescriptorBlocks(layout, group);
  if (!groupHasSuperBlock(layout, group)) return own;
  const boot = group === 0 ? layout.bootBlocks : 0;
  return boot + 1 + own + (isMetaGroup(layout, group) ? 0 : layout.reservedDescriptorBlocks);
}

/** Where descriptor block `index` lies, the one that counts (descriptor_loc). */
export function descriptorBlock(layout: GroupLayout, index: number): number {
  const { firstDataBlock, bootBlocks, firstMetaGroup, descriptorsPerBlock } = layout;
  if (firstMetaGroup === null || index < firstMetaGroup) return firstDataBlock + bootBlocks + 1 + index;
  const group = index * descriptorsPerBlock;
  const boot = group === 0 ? bootBlocks : 0;
  return groupFirstBlock(layout, group) + boot + (groupHasSuperBlock(layout, group) ? 1 : 0);
}
