/** Where the fixed metadata of a file system lies: superblocks, descriptors and what is kept free for more of them. */
export interface GroupLayout {
  readonly blocks: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  /** The feature sparse_super: only some groups hold a copy of the superblock. */
  readonly sparseSuper: boolean;
  /** The feature sparse_super2: the (at most two) groups with a copy, 0 for none; null without the feature. */
  readonly backupGroups: readonly [number, number] | null;
  /** Blocks of group descriptors behind each superblock. */
  readonly descriptorBlocks: number;
  /** Blocks behind them, kept for growth by the resize inode. */
  readonly reservedDescriptorBlocks: number;
}

export const groupFirstBlock = (layout: GroupLayout, group: number): number =>
  layout.firstDataBlock + group * layout.blocksPerGroup;

/** Blocks in a group; the last one may be short. */
export const groupBlocks = (layout: GroupLayout, group: number): number =>
  group === layout.groups - 1 ? layout.blocks - groupFirstBlock(layout, group) : layout.blocksPerGroup;

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

/** Blocks that the superblock and everything behind it take at the start of a group (ext4_num_base_meta_blocks). */
export const groupBaseBlocks = (layout: GroupLayout, group: number): number =>
  groupHasSuperBlock(layout, group) ? 1 + layout.descriptorBlocks + layout.reservedDescriptorBlocks : 0;
