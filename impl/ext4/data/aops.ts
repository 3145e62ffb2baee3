import { daxPath } from './aops-dax.ts';
import { bufferHeadPath, delallocPath } from './aops-buffer-head.ts';
import { iomapPath } from './aops-iomap.ts';
import { journalledPath } from './aops-journalled.ts';
import type { DataPath } from './data-path.ts';
import { EXT4_DAX_FL } from '../inode/flags.ts';
import {
  EXT4_EA_INODE_FL,
  EXT4_ENCRYPT_FL,
  EXT4_EXTENTS_FL,
  EXT4_INLINE_DATA_FL,
  EXT4_JOURNAL_DATA_FL,
  isRegular,
} from '../inode/inode.ts';
import { mappableMemory } from '../super/dax.ts';
import { hasInlineData, INCOMPAT, RO_COMPAT } from '../super/features.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** ext4_should_use_buffered_iomap(): the state bit of an inode that enters memory. */
export function wantsBufferedIomap(sb: SuperBlock, mode: number, flags: number): boolean {
  if (!sb.options.bufferedIomap || sb.options.data === 'journal' || hasInlineData(sb)) return false;
  // Both are mounted read-only.
  if ((sb.features.incompat & INCOMPAT.encrypt) !== 0 || (sb.features.roCompat & RO_COMPAT.verity) !== 0)
    return false;
  if (!isRegular(mode) || (flags & EXT4_EA_INODE_FL) !== 0) return false;
  if (flags & EXT4_JOURNAL_DATA_FL) return false;
  return (flags & EXT4_EXTENTS_FL) !== 0;
}

/**
 * ext4_inode_journal_mode(): does the file's data go through the journal? The inode's flag counts only without delayed
 * allocation, as in the kernel.
 */
function journalsData(sb: SuperBlock, mode: number, flags: number): boolean {
  if (!isRegular(mode) || !sb.journal.recovers) return false;
  return sb.options.data === 'journal' || ((flags & EXT4_JOURNAL_DATA_FL) !== 0 && !sb.options.delalloc);
}

/** Flags of inodes whose bytes are not on the device as a reader sees them. */
const NOT_MAPPABLE = EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL | EXT4_EA_INODE_FL;

/**
 * ext4_should_enable_dax(): is the file mapped directly (S_DAX)? Asked when the inode enters memory; what changes later is for the
 * next time.
 */
export function wantsDax(sb: SuperBlock, mode: number, flags: number): boolean {
  const { dax } = sb.options;
  if (dax === 'never' || !isRegular(mode) || (flags & NOT_MAPPABLE) !== 0) return false;
  if (mappableMemory(sb.device, sb.geometry) === null || journalsData(sb, mode, flags)) return false;
  return dax === 'always' || (flags & EXT4_DAX_FL) !== 0;
}

/** The table of an inode, counted where somebody counts. `dax` says whether it is mapped directly. */
export function chooseDataPath(sb: SuperBlock, mode: number, flags: number, dax: boolean): DataPath {
  const path = tableOf(sb, mode, flags, dax);
  return sb.options.callbackCounts?.wrap(path) ?? path;
}

/** All that there are. */
export const DATA_PATHS: readonly DataPath[] = [
  bufferHeadPath,
  delallocPath,
  journalledPath,
  daxPath,
  iomapPath,
];

/** ext4_set_aops(): the only place that knows more than one path. */
function tableOf(sb: SuperBlock, mode: number, flags: number, dax: boolean): DataPath {
  if (journalsData(sb, mode, flags)) return journalledPath;
  if (dax) return daxPath;
  if (wantsBufferedIomap(sb, mode, flags)) return iomapPath;
  return sb.options.delalloc ? delallocPath : bufferHeadPath;
}
