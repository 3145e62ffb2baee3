import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import { highHalf, join, lowHalf } from '../../lib/struct.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import { inodeChecksumMatches, inodeSeed, setInodeChecksum } from '../integrity/checksum.ts';
import {
  EXT4_EA_INODE_FL,
  EXT4_EXTENTS_FL,
  EXT4_HUGE_FILE_FL,
  EXT4_INDEX_FL,
  EXT4_INLINE_DATA_FL,
  I_BLOCK_BYTES,
  isDirectory,
  isRegular,
  isSymlink,
  isFileType,
  type Inode,
  type InodeOrigin,
} from './inode.ts';
import { inodeTable } from '../layout/group-descriptor.ts';
import {
  EXT4_GOOD_OLD_INODE_SIZE,
  EXTRA_ISIZE,
  I_BLOCK_OFFSET,
  InodeLayout,
  type RawInode,
} from '../layout/inode.ts';
import { COMPAT, hasInlineData, RO_COMPAT } from '../super/features.ts';
import { ensureLargeFile, LARGE_FILE_BYTES } from '../super/large-file.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { inlineTail } from '../inline/inline-data.ts';
import { hasInodeXattrs } from '../xattr/inode-area.ts';
import { growExtraSize } from './extra-size.ts';
import { decodeTime, encodeExtra, encodeSeconds } from './timestamp.ts';

/** Where inode `ino` lies: the block of the inode table and the byte in it (__ext4_get_inode_loc). */
export function locateInode(sb: SuperBlock, ino: number): InodeOrigin {
  const { geometry } = sb;
  const index = (ino - 1) % geometry.inodesPerGroup;
  const group = sb.groups[Math.floor((ino - 1) / geometry.inodesPerGroup)];
  if (group === undefined || !Number.isInteger(ino) || ino < 1 || ino > geometry.inodes) {
    throw new Corruption('ext4_inode', 'number', ino, `1 .. ${geometry.inodes}`);
  }
  const offset = index * geometry.inodeSize;
  const first = inodeTable(group.raw, geometry.descriptorSize);
  return {
    sb,
    ino,
    tableBlock: first + Math.floor(offset / geometry.blockSize),
    tableOffset: offset % geometry.blockSize,
  };
}

/** The on-disk inode in its block. */
const rawInode = (inode: InodeOrigin, buffer: BufferHead): RawInode =>
  InodeLayout.at(buffer.view, inode.tableOffset);

/** Does the field at [offset, offset + width) lie within i_extra_isize (EXT4_FITS_IN_INODE)? */
const fits = (
  { extraSize }: Inode,
  { offset, width }: { readonly offset: number; readonly width: number },
): boolean => offset + width <= EXT4_GOOD_OLD_INODE_SIZE + extraSize;

/** Fills a new inode object from the table (the reading half of ext4_iget). */
export function* readInode(inode: Inode): Sleepable<void> {
  const { sb } = inode;
  const buffer = yield* sb.cache.bread(inode.tableBlock);
  const raw = rawInode(inode, buffer);
  checkRawInode(inode, raw);
  inode.extraSize = extraSizeOf(sb, raw);
  inode.generation = raw.generation;
  inode.mode = raw.mode;
  inode.uid = raw.uidHigh * 2 ** 16 + raw.uidLo;
  inode.gid = raw.gidHigh * 2 ** 16 + raw.gidLo;
  inode.links = raw.linksCount;
  inode.flags = raw.flags;
  inode.size = inode.diskSize = join(raw.sizeHigh, raw.sizeLo);
  inode.sectors = sectorsOf(inode, raw);
  inode.xattrBlock = join(raw.fileAclHigh, raw.fileAclLo);
  if (inode.xattrBlock !== 0)
    sb.blockAllocator.checkRange(inode.xattrBlock, 1, `i_file_acl of inode ${inode.ino}`);
  inode.xattrsInInode = hasInodeXattrs(inode, buffer);
  if (inode.flags & EXT4_INLINE_DATA_FL) checkInline(inode, buffer);
  if (inode.flags & EXT4_EA_INODE_FL) inode.version = raw.versionLo;
  inode.dtime = raw.dtime;
  readTimes(inode, raw);
  if (keepsProject(inode)) inode.project = raw.projid;
  const block = inode.tableOffset + I_BLOCK_OFFSET;
  inode.data.set(buffer.data.subarray(block, block + I_BLOCK_BYTES));
}

function readTimes(inode: Inode, raw: RawInode): void {
  const { fields } = InodeLayout;
  inode.atime = decodeTime(raw.atime, fits(inode, fields.atimeExtra) ? raw.atimeExtra : 0);
  inode.ctime = decodeTime(raw.ctime, fits(inode, fields.ctimeExtra) ? raw.ctimeExtra : 0);
  inode.mtime = decodeTime(raw.mtime, fits(inode, fields.mtimeExtra) ? raw.mtimeExtra : 0);
  const birth = fits(inode, fields.crtime) ? raw.crtime : 0;
  inode.crtime = decodeTime(birth, fits(inode, fields.crtimeExtra) ? raw.crtimeExtra : 0);
}

/** An inode without any extra field has room for all that there are, at once. */
function extraSizeOf({ geometry }: SuperBlock, raw: RawInode): number {
  if (geometry.inodeSize <= EXT4_GOOD_OLD_INODE_SIZE) return 0;
  return raw.extraIsize === 0 ? EXTRA_ISIZE : raw.extraIsize;
}

/** i_projid counts with the feature `project`, and where the inode has room for it. */
const keepsProject = (inode: Inode): boolean =>
  (inode.sb.features.roCompat & RO_COMPAT.project) !== 0 && fits(inode, InodeLayout.fields.projid);

/** Inline contents are there, in something that may have them. */
function checkInline(inode: Inode, table: BufferHead): void {
  const { mode } = inode;
  const possible = isRegular(mode) || isDirectory(mode) || isSymlink(mode);
  if (!possible || !inode.xattrsInInode) {
    const structure = `ext4_inode ${inode.ino}`;
    throw new Corruption(structure, 'flags', inode.flags, 'inline data in a file with system.data');
  }
  inlineTail(inode, table);
  inode.mayInline = !isSymlink(mode);
}

/** What __ext4_iget refuses. */
function checkRawInode(inode: InodeOrigin, raw: RawInode): void {
  const { sb, ino } = inode;
  const { inodeSize, firstInode } = sb.geometry;
  const structure = `ext4_inode ${ino}`;
  if (
    sb.hasChecksums &&
    !inodeChecksumMatches(inodeSeed(sb.checksumSeed, ino, raw.generation), raw, inodeSize)
  ) {
    throw new BadChecksum(structure, 'checksum', raw.checksumLo, 'the crc32c of the inode');
  }
  if (inodeSize > EXT4_GOOD_OLD_INODE_SIZE) {
    const room = inodeSize - EXT4_GOOD_OLD_INODE_SIZE;
    if (raw.extraIsize > room || raw.extraIsize % 4 !== 0) {
      throw new Corruption(structure, 'extraIsize', raw.extraIsize, `a multiple of 4 up to ${room}`);
    }
  }
  if (raw.linksCount === 0 && raw.mode === 0 && ino >= firstInode) {
    throw new Corruption(structure, 'mode', raw.mode, 'an inode in use');
  }
  if (!isFileType(raw.mode)) throw new Corruption(structure, 'mode', raw.mode, 'a type of file');
  if (isDirectory(raw.mode) && (raw.flags & EXT4_INDEX_FL) !== 0 && !hasIndexes(sb))
    throw new Corruption(structure, 'flags', raw.flags, 'no index without the feature dir_index');
  if (raw.flags & EXT4_INLINE_DATA_FL) {
    if (!hasInlineData(sb))
      throw new Corruption(structure, 'flags', raw.flags, 'no inline data without its feature');
    if (raw.flags & EXT4_EXTENTS_FL)
      throw new Corruption(structure, 'flags', raw.flags, 'inline data or extents');
  }
  if (raw.sizeHigh >= 2 ** 21) throw new Corruption(structure, 'sizeHigh', raw.sizeHigh, 'less than 2^21');
}

const hasHugeFiles = ({ features }: SuperBlock): boolean => (features.roCompat & RO_COMPAT.huge_file) !== 0;

/** i_blocks in sectors of 512 bytes, whatever unit the inode counts in (ext4_inode_blocks). */
function sectorsOf(inode: Inode, raw: RawInode): number {
  if (!hasHugeFiles(inode.sb)) return raw.blocksLo;
  const count = join(raw.blocksHigh, raw.blocksLo);
  return raw.flags & EXT4_HUGE_FILE_FL ? count * (inode.blockSize / 512) : count;
}

/**
 * ext4_mark_inode_dirty(): the fields go to the inode table, and fsync learns which transaction carries them. One credit
 * for the block of the table.
 */
export function markInodeDirty(handle: Handle, inode: Inode): Sleepable<void> {
  const { sb } = inode;
  const buffer = sb.cache.find(inode.tableBlock);
  const ready = buffer !== null && handle.hasWriteAccess(buffer) && inode.extraSize >= sb.wantedExtraSize;
  if (!ready) return reachAndWrite(handle, inode);
  writeInode(handle, inode, buffer);
  return inode.diskSize > LARGE_FILE_BYTES ? ensureLargeFile(handle, sb) : READY;
}

function* reachAndWrite(handle: Handle, inode: Inode): Sleepable<void> {
  const { sb } = inode;
  const buffer = yield* sb.cache.bread(inode.tableBlock);
  yield* handle.getWriteAccess(buffer);
  if (inode.extraSize < sb.wantedExtraSize && !inode.keepsExtraSize) {
    yield* growExtraSize(handle, inode, buffer);
  }
  writeInode(handle, inode, buffer);
  if (inode.diskSize > LARGE_FILE_BYTES) yield* ensureLargeFile(handle, sb);
}

function writeInode(handle: Handle, inode: Inode, buffer: BufferHead): void {
  const { sb } = inode;
  const raw = rawInode(inode, buffer);
  const { tid } = handle.transaction;
  inode.syncTid = tid;
  if (join(raw.sizeHigh, raw.sizeLo) !== inode.diskSize || sectorsOf(inode, raw) !== inode.sectors) {
    inode.dataSyncTid = tid;
  }
  fillRawInode(inode, raw, buffer);
  if (sb.hasChecksums) setInodeChecksum(inode.checksumSeed, raw, sb.geometry.inodeSize);
  handle.dirtyMetadata(buffer);
  if (sb.fastCommits !== null) sb.fastCommits.tracker.inodeChanged(tid, inode);
}

/** ext4_fill_raw_inode(). */
function fillRawInode(inode: Inode, raw: RawInode, buffer: BufferHead): void {
  if (inode.extraSize > 0) raw.extraIsize = inode.extraSize;
  raw.mode = inode.mode;
  raw.uidLo = inode.uid & 0xffff;
  raw.uidHigh = inode.uid >>> 16;
  raw.gidLo = inode.gid & 0xffff;
  raw.gidHigh = inode.gid >>> 16;
  raw.linksCount = inode.links;
  raw.sizeLo = lowHalf(inode.diskSize);
  raw.sizeHigh = highHalf(inode.diskSize);
  setBlockCount(inode, raw);
  raw.flags = inode.flags;
  if (inode.flags & EXT4_EA_INODE_FL) raw.versionLo = inode.version;
  raw.generation = inode.generation;
  raw.dtime = inode.dtime;
  raw.fileAclLo = lowHalf(inode.xattrBlock);
  raw.fileAclHigh = highHalf(inode.xattrBlock);
  fillTimes(inode, raw);
  if (keepsProject(inode)) raw.projid = inode.project;
  buffer.data.set(inode.data, inode.tableOffset + I_BLOCK_OFFSET);
}

const hasIndexes = ({ features }: SuperBlock): boolean => (features.compat & COMPAT.dir_index) !== 0;

/** ext4_inode_blocks_set() */
function setBlockCount(inode: Inode, raw: RawInode): void {
  let count = inode.sectors;
  if (count >= 2 ** 32 && !hasHugeFiles(inode.sb)) {
    throw new Corruption(`ext4_inode ${inode.ino}`, 'blocks', count, 'less than 2^32 without huge_file');
  }
  if (count >= 2 ** 48) {
    count /= inode.blockSize / 512;
    inode.flags |= EXT4_HUGE_FILE_FL;
  } else {
    inode.flags &= ~EXT4_HUGE_FILE_FL;
  }
  raw.blocksLo = lowHalf(count);
  raw.blocksHigh = highHalf(count);
}

function fillTimes(inode: Inode, raw: RawInode): void {
  const { fields } = InodeLayout;
  raw.atime = encodeSeconds(inode.atime);
  raw.ctime = encodeSeconds(inode.ctime);
  raw.mtime = encodeSeconds(inode.mtime);
  if (inode.extraSize === 0) return;
  if (fits(inode, fields.ctimeExtra)) raw.ctimeExtra = encodeExtra(inode.ctime);
  if (fits(inode, fields.mtimeExtra)) raw.mtimeExtra = encodeExtra(inode.mtime);
  if (fits(inode, fields.atimeExtra)) raw.atimeExtra = encodeExtra(inode.atime);
  if (fits(inode, fields.crtime)) raw.crtime = encodeSeconds(inode.crtime);
  if (fits(inode, fields.crtimeExtra)) raw.crtimeExtra = encodeExtra(inode.crtime);
}

/**
 * Empties the on-disk inode of a number that was just allocated, and gives the generation for its new owner: one more
 * than the last, so that a stale handle never matches.
 */
export function* clearRawInode(handle: Handle, inode: Inode): Sleepable<void> {
  const { sb } = inode;
  const { inodeSize } = sb.geometry;
  const buffer = yield* sb.cache.bread(inode.tableBlock);
  yield* handle.getWriteAccess(buffer);
  const raw = rawInode(inode, buffer);
  inode.generation = (raw.generation + 1) >>> 0;
  buffer.data.fill(0, inode.tableOffset, inode.tableOffset + inodeSize);
  if (inodeSize > EXT4_GOOD_OLD_INODE_SIZE) {
    inode.extraSize = raw.extraIsize = sb.wantedExtraSize;
  }
  handle.dirtyMetadata(buffer);
}
