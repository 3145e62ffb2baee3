import {
  EXT4_EA_INODE_FL,
  EXT4_INLINE_DATA_FL,
  I_BLOCK_BYTES,
  isDirectory,
  isRegular,
  isSymlink,
} from '../inode/inode.ts';
import { COMPAT } from '../super/features.ts';
import { dissectDirectory } from './directories.ts';
import { dissectMapping } from './file-blocks.ts';
import { dissectGroups, dissectSuperBlock } from './groups.ts';
import { dissectInlineData } from './inline-data.ts';
import { dissectInodes, type DissectedInode } from './inodes.ts';
import { dissectJournal } from './journal.ts';
import { dissectMmp } from './mmp.ts';
import { dissectOrphanFile } from './orphan-file.ts';
import { bytesPart, type Bytes, type Part } from './part.ts';
import { dissectQuotaFile, isQuotaFile } from './quota-files.ts';
import { Specimen } from './specimen.ts';
import { dissectValueInode } from './value-inodes.ts';
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
  dissectMmp(specimen);
  for (const inode of dissectInodes(specimen, dissectGroups(specimen))) dissectContents(specimen, inode);
  return specimen.parts;
}

function dissectContents(specimen: Specimen, inode: DissectedInode): void {
  const values = dissectXattrs(specimen, inode);
  const { mode, flags } = inode.raw;
  if (!isRegular(mode) && !isDirectory(mode) && !isSymlink(mode)) return;
  if ((flags & EXT4_INLINE_DATA_FL) !== 0) dissectInlineData(specimen, inode, values);
  // The target of a short symbolic link stands where others have their map.
  else if (!isSymlink(mode) || inode.raw.sizeLo >= I_BLOCK_BYTES) dissectBlocks(specimen, inode);
}

function dissectBlocks(specimen: Specimen, inode: DissectedInode): void {
  const { raw } = specimen;
  const { mode, flags } = inode.raw;
  const blocks = dissectMapping(specimen, inode);
  if (isDirectory(mode)) dissectDirectory(specimen, inode, blocks);
  else if (isSymlink(mode)) dissectTarget(specimen, inode, blocks);
  else if ((flags & EXT4_EA_INODE_FL) !== 0) dissectValueInode(specimen, inode, blocks);
  else if (inode.ino === raw.journalInum) dissectJournal(specimen, blocks);
  else if (isQuotaFile(raw, inode.ino)) dissectQuotaFile(specimen, inode, blocks);
  else if (inode.ino === raw.orphanFileInum && (raw.featureCompat & COMPAT.orphan_file) !== 0) {
    dissectOrphanFile(specimen, inode, blocks);
  }
}

/** The bytes that a long symbolic link points to. */
function dissectTarget(specimen: Specimen, { ino, raw }: DissectedInode, blocks: readonly number[]): void {
  const [block = 0] = blocks;
  const length = Math.min(raw.sizeLo, specimen.blockSize);
  if (specimen.block(block) === null) return;
  const placed = { place: `inode ${ino}`, offset: block * specimen.blockSize, seal: null };
  specimen.add(bytesPart('symlink target', placed, length));
}
