import { I_BLOCK_BYTES, isDirectory } from '../inode/inode.ts';
import { I_BLOCK_OFFSET } from '../layout/inode.ts';
import { XATTR_INDEX } from '../layout/xattr.ts';
import { dissectEntries } from './directories.ts';
import type { DissectedInode } from './inodes.ts';
import { bytesPart, wordsPart } from './part.ts';
import { viewAt, type Specimen } from './specimen.ts';
import type { TailValue } from './xattrs.ts';

/** Bytes of the number of .. in front of an inline directory's entries (EXT4_INLINE_DOTDOT_SIZE). */
const PARENT_BYTES = 4;

/**
 * What lies in an inode with inline data: bytes of a file, or a directory's parent and its two chains of entries, in i_block
 * and in the attribute system.data, which is among `values`.
 */
export function dissectInlineData(
  specimen: Specimen,
  { ino, offset, raw, seal }: DissectedInode,
  values: readonly TailValue[],
): void {
  const start = offset + I_BLOCK_OFFSET;
  const place = `i_block of inode ${ino}`;
  if (!isDirectory(raw.mode)) {
    specimen.add(bytesPart('inline data', { place, offset: start, seal }, I_BLOCK_BYTES));
    return;
  }
  specimen.add(wordsPart('inline directory parent', { place, offset: start, seal }, 1));
  const regions = [{ place, offset: start + PARENT_BYTES, length: I_BLOCK_BYTES - PARENT_BYTES }];
  const tail = values.find(({ nameIndex }) => nameIndex === XATTR_INDEX.system);
  if (tail !== undefined) regions.push({ ...tail, place: `system.data of inode ${ino}` });
  for (const region of regions) {
    const view = viewAt(specimen.disk, region.offset, region.length);
    dissectEntries(specimen, view, { place: region.place, offset: region.offset, seal });
  }
}
