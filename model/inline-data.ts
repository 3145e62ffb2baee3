import type { Inode } from './inode.ts';
import type { Errno } from './operation.ts';
import type { State } from './state.ts';

/**
 * Whether the contents of `inode` may lie in it. When they go there and when they leave it depends on how much room its
 * attributes leave and on what the kernel remembers, so the model follows what it sees. What is larger than an inode has left it.
 */
export const mayBeInline = ({ options }: State, inode: Inode): boolean =>
  options.inlineData &&
  (inode.type === 'directory' || (inode.type === 'file' && inode.contents.size <= options.inodeBytes));

/**
 * Where the largest file ends, in bytes, for a call that answers one of `refusals` beyond it. Contents in an inode are not
 * mapped by extents (EXT4_INODE_EXTENTS), so what they may grow to is what indirect blocks reach (ext4_get_maxbytes).
 */
export function largestBytes(state: State, inode: Inode, refusals: readonly Errno[]): number {
  const { extents, maxReadBytes, maxIndirectBytes } = state.options;
  if (!extents) return maxIndirectBytes;
  const { observedErrno } = state;
  const refused = observedErrno !== null && refusals.includes(observedErrno);
  return refused && mayBeInline(state, inode) ? maxIndirectBytes : maxReadBytes;
}
