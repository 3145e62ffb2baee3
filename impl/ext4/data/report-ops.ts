import { fail } from '../../lib/errno.ts';
import type { Iomap, IomapOps } from '../../iomap/iomap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { inlineSize, isInline } from '../inline/inline-data.ts';
import { EXT4_EXTENTS_FL, type Inode } from '../inode/inode.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import { maxBytesOf } from '../mapping/block-map.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { setIomap } from './iomap-ops.ts';

/** Byte of i_block in the inode. */
const I_BLOCK_OFFSET = 40;

/** Where a file's bytes are, for whoever asks (ext4_iomap_report_ops). Changes nothing, whatever path the file is on. */
export const reportOps: IomapOps<Inode> = { begin: report };

/** ext4_iomap_begin_report(). Fails with EINVAL beyond what any file has, ENOENT beyond contents in the inode. */
function* report(inode: Inode, position: number, length: number, iomap: Iomap): Sleepable<void> {
  const first = Math.floor(position / inode.blockSize);
  if (first >= MAX_BLOCKS) fail('EINVAL');
  if (isInline(inode)) return yield* reportInline(inode, position, iomap);
  const hasExtents = (inode.flags & EXT4_EXTENTS_FL) !== 0;
  if (!hasExtents && position >= maxBytesOf(inode)) {
    iomap.offset = first * inode.blockSize;
    iomap.length = position + length - iomap.offset;
    return;
  }
  const last = Math.min(Math.floor((position + length - 1) / inode.blockSize), MAX_BLOCKS - 1);
  const mapping = yield* mapBlocks(null, inode, first, last - first + 1, 'lookup');
  setIomap(inode, iomap, mapping);
  if (
    !hasExtents &&
    iomap.type === 'delalloc' &&
    inode.mapping.faults.has('indirect-reports-delayed-as-hole')
  )
    iomap.type = 'hole';
  iomap.merged = !hasExtents && iomap.type === 'mapped';
}

/** ext4_inline_data_iomap() */
function* reportInline(inode: Inode, position: number, iomap: Iomap): Sleepable<void> {
  iomap.length = Math.min(yield* inlineSize(inode), inode.size);
  if (position >= iomap.length) fail('ENOENT');
  iomap.type = 'inline';
  iomap.address = inode.tableBlock * inode.blockSize + inode.tableOffset + I_BLOCK_OFFSET;
}

/** Where a file's extended attributes are (ext4_iomap_xattr_ops). Fails with ENOENT where it has none. */
export const xattrReportOps: IomapOps<Inode> = {
  *begin(inode, position, _length, iomap) {
    const { blockSize, sb } = inode;
    if (inode.xattrsInInode) {
      const offset = EXT4_GOOD_OLD_INODE_SIZE + inode.extraSize;
      iomap.type = 'inline';
      iomap.address = inode.tableBlock * blockSize + inode.tableOffset + offset;
      iomap.length = sb.geometry.inodeSize - offset;
    } else if (inode.xattrBlock !== 0) {
      iomap.type = 'mapped';
      iomap.address = inode.xattrBlock * blockSize;
      iomap.length = blockSize;
    }
    if (position >= iomap.length) fail('ENOENT');
  },
};
