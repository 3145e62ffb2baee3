import type { FileType } from '../../model/index.ts';

/** What stat(2) says of each kind of file: the name in C, and the bits that it stands for (inode(7)). */
export const FILE_TYPES: Readonly<Record<FileType, { readonly name: string; readonly bits: number }>> = {
  file: { name: 'S_IFREG', bits: 0o100000 },
  directory: { name: 'S_IFDIR', bits: 0o040000 },
  symlink: { name: 'S_IFLNK', bits: 0o120000 },
  fifo: { name: 'S_IFIFO', bits: 0o010000 },
  socket: { name: 'S_IFSOCK', bits: 0o140000 },
  'character-device': { name: 'S_IFCHR', bits: 0o020000 },
  'block-device': { name: 'S_IFBLK', bits: 0o060000 },
};
