import type { Inode } from '../inode/inode.ts';

/**
 * ext4_should_dioread_nolock(): new blocks are unwritten until their data is on the device. Without delayed allocation they
 * are not, whatever the mount option says; files with indirect blocks get written ones wherever they are mapped.
 */
export const isUnwrittenFirst = ({ sb: { options } }: Inode): boolean =>
  options.dioreadNolock && options.delalloc;
