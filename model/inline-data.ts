import type { FileInode, Inode } from './inode.ts';
import type { Errno } from './operation.ts';
import type { State } from './state.ts';

/**
 * Whether the contents of `inode` may lie in it. When they go there and when they leave it depends on how much room its
 * attributes leave and on what the kernel remembers, so the model follows what it sees. What was written behind the end of
 * an inode cannot lie in it, but a file that was large before anything was written may begin there all the same.
 */
export function mayBeInline({ options }: State, inode: Inode): boolean {
  if (!options.inlineData) return false;
  if (inode.type === 'directory') return true;
  if (inode.type !== 'file' || inode.outgrewInode) return false;
  return !inode.contents.hasWritten(options.inodeBytes, Infinity);
}

/** What truncate(2) to `size` bytes does to contents that lie in the inode: they leave it when they no longer fit. */
export function outgrow({ options }: State, inode: FileInode, size: number): void {
  if (size > options.inodeBytes && inode.contents.hasWritten(0, Infinity)) inode.outgrewInode = true;
}

/** Whether what does not lie in the inode is mapped by extents. */
const hasExtents = ({ options }: State, inode: Inode): boolean =>
  inode.type === 'file' ? inode.extents : options.extents;

/**
 * Where the largest file ends, in bytes, for a call that answers one of `refusals` beyond it. Contents in an inode are not
 * mapped by extents (EXT4_INODE_EXTENTS), so what they may grow to is what indirect blocks reach (ext4_get_maxbytes).
 */
export function largestBytes(state: State, inode: Inode, refusals: readonly Errno[]): number {
  const { maxReadBytes, maxIndirectBytes } = state.options;
  if (!hasExtents(state, inode)) return maxIndirectBytes;
  const { observedErrno } = state;
  const refused = observedErrno !== null && refusals.includes(observedErrno);
  return refused && mayBeInline(state, inode) ? maxIndirectBytes : maxReadBytes;
}
