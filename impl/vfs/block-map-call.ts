import { isInline } from '../ext4/inline/inline-data.ts';
import { isDirectory, isRegular, type Inode } from '../ext4/inode/inode.ts';
import { mapBlocks } from '../ext4/mapping/map-blocks.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';

/** Blocks of a file that follow each other on the device (struct fiemap_extent), in blocks. */
export interface FileExtent {
  readonly logical: number;
  /** Meaningless for what is delayed, or inline: in the inode. */
  readonly physical: number;
  readonly length: number;
  readonly state: 'written' | 'unwritten' | 'delayed' | 'inline';
}

/**
 * ioctl(FS_IOC_FIEMAP) up to the end of the file, holes left out. Follows no symbolic link. Fails with EOPNOTSUPP for
 * what is neither a file nor a directory.
 */
export function* fileExtents(context: KernelContext, path: string): Sleepable<FileExtent[]> {
  const inode = yield* resolve(context, path, false);
  try {
    if (!isRegular(inode.mode) && !isDirectory(inode.mode)) fail('EOPNOTSUPP');
    // FIEMAP_EXTENT_DATA_INLINE
    if (isInline(inode)) return [{ logical: 0, physical: 0, length: 1, state: 'inline' }];
    return yield* collect(inode);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/** Each look-up goes on by a block at least, and by a whole extent or hole but for the edges of tree blocks. */
function* collect(inode: Inode): Sleepable<FileExtent[]> {
  const found: FileExtent[] = [];
  const blocks = Math.min(Math.ceil(inode.size / inode.blockSize), 2 ** 32 - 1);
  for (let logical = 0; logical < blocks;) {
    const mapping = yield* mapBlocks(null, inode, logical, blocks - logical, 'lookup');
    const { type: state, length, physical } = mapping;
    logical += length;
    if (state === 'hole') continue;
    const last = found[found.length - 1];
    const joins =
      last?.state === state &&
      last.logical + last.length === mapping.logical &&
      (state === 'delayed' || last.physical + last.length === physical);
    if (joins) found[found.length - 1] = { ...last, length: last.length + length };
    else found.push({ logical: mapping.logical, physical, length, state });
  }
  return found;
}
