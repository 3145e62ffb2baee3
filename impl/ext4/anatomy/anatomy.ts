import { isDirectory, isRegular } from '../inode/inode.ts';
import { COMPAT } from '../super/features.ts';
import { dissectDirectory } from './directories.ts';
import { dissectMapping } from './file-blocks.ts';
import { dissectGroups, dissectSuperBlock } from './groups.ts';
import { dissectInodes, type DissectedInode } from './inodes.ts';
import { dissectJournal } from './journal.ts';
import { dissectOrphanFile } from './orphan-file.ts';
import type { Bytes, Part } from './part.ts';
import { Specimen } from './specimen.ts';
import { dissectXattrs } from './xattrs.ts';

/**
 * Every structure of a disk that nobody has mounted, with its place, its fields and what seals it: for whoever damages
 * images on purpose, or wants the name of a byte. What it cannot make sense of it leaves out; it never throws for what
 * stands on the disk.
 */
export function anatomyOf(disk: Bytes): Part[] {
  const specimen = Specimen.of(disk);
  if (specimen === null) return [];
  dissectSuperBlock(specimen);
  for (const inode of dissectInodes(specimen, dissectGroups(specimen))) dissectContents(specimen, inode);
  return specimen.parts;
}

function dissectContents(specimen: Specimen, inode: DissectedInode): void {
  const { raw } = specimen;
  const { mode } = inode.raw;
  dissectXattrs(specimen, inode);
  if (!isRegular(mode) && !isDirectory(mode)) return;
  const blocks = dissectMapping(specimen, inode);
  if (isDirectory(mode)) dissectDirectory(specimen, inode, blocks);
  else if (inode.ino === raw.journalInum) dissectJournal(specimen, blocks);
  else if (inode.ino === raw.orphanFileInum && (raw.featureCompat & COMPAT.orphan_file) !== 0) {
    dissectOrphanFile(specimen, inode, blocks);
  }
}
