import { bufferHeadPath, delallocPath } from './aops-buffer-head.ts';
import { iomapPath } from './aops-iomap.ts';
import type { DataPath } from './data-path.ts';
import { EXT4_EA_INODE_FL, EXT4_EXTENTS_FL, EXT4_JOURNAL_DATA_FL, isRegular } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

/**
 * ext4_should_use_buffered_iomap(): the state bit of an inode that enters memory. The features inline_data, verity and
 * encrypt, and the mount option data=journal, which forbid it too, cannot be mounted yet.
 */
export function wantsBufferedIomap(sb: SuperBlock, mode: number, flags: number): boolean {
  if (!sb.options.bufferedIomap) return false;
  if (!isRegular(mode) || (flags & EXT4_EA_INODE_FL) !== 0) return false;
  if (flags & EXT4_JOURNAL_DATA_FL) return false;
  return (flags & EXT4_EXTENTS_FL) !== 0;
}

/**
 * ext4_set_aops(): the only place that knows more than one path. Data journalling and DAX, which come before the others,
 * cannot be mounted yet.
 */
export function chooseDataPath(sb: SuperBlock, mode: number, flags: number): DataPath {
  if (wantsBufferedIomap(sb, mode, flags)) return iomapPath;
  return sb.options.delalloc ? delallocPath : bufferHeadPath;
}
