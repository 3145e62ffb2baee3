import { Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { initExtentTree } from '../extents/root.ts';
import { locateInode, markInodeDirty, readInode } from '../inode/inode-table.ts';
import {
  EXT4_EXTENTS_FL,
  EXT4_INDEX_FL,
  EXT4_INLINE_DATA_FL,
  I_BLOCK_BYTES,
  isDirectory,
  isRegular,
  type Inode,
} from '../inode/inode.ts';
import { inodeSeed, setInodeChecksum } from '../integrity/checksum.ts';
import { I_BLOCK_OFFSET, InodeLayout } from '../layout/inode.ts';
import type { InodeChange } from './changes.ts';
import { leaveInode, unmapAll } from './replay-ranges.ts';
import type { ReplayState } from './replay-state.ts';

/** Bitmap, descriptor, the block of the table. */
const INODE_CREDITS = 3;

/** What an inode without a name and without blocks needs to be freed: generous, because it must not be cut in two. */
const BURY_CREDITS = 64;

/** Blocks that one block of a map leads to, at least: a node of a tree in blocks of 1 KiB has room for 84 extents. */
const MAPPED_MIN = 64;

/**
 * The inode is what the tag says (ext4_fc_replay_inode), but for the blocks it maps, which tags of their own tell of, and
 * what lies behind i_extra_isize. An inode without links was open when it was told of, and a crash closes it: it goes.
 */
export function* replayInode(state: ReplayState, { ino, bytes }: InodeChange): Sleepable<void> {
  const raw = InodeLayout.at(withWholeInode(bytes));
  let known = yield* state.inode(ino);
  if (raw.linksCount === 0) {
    if (known !== null) yield* bury(state, known);
    return;
  }
  if (known !== null && known.generation !== raw.generation) {
    // The number has a new owner.
    yield* bury(state, known);
    known = null;
  }
  if (known === null) yield* makeInode(state, ino, raw.mode, bytes);
  else if (!isDirectory(known.mode)) {
    if ((raw.flags & EXT4_INLINE_DATA_FL) === 0) yield* leaveInode(state, known);
    yield* changeInode(state, known, bytes);
  }
}

/** So that every field can be asked for. */
function withWholeInode(bytes: Uint8Array): DataView {
  const whole = new Uint8Array(Math.max(InodeLayout.size, bytes.length));
  whole.set(bytes);
  return new DataView(whole.buffer);
}

function* makeInode(state: ReplayState, ino: number, mode: number, bytes: Uint8Array): Sleepable<void> {
  const { sb } = state;
  if (ino < sb.geometry.firstInode || ino > sb.geometry.inodes) {
    const bounds = `${sb.geometry.firstInode} .. ${sb.geometry.inodes}`;
    throw new Corruption('ext4_fc_inode', 'fc_ino', ino, bounds);
  }
  yield* state.update(INODE_CREDITS, function* (handle) {
    yield* sb.inodeAllocator.claim(handle, ino, mode);
    yield* writeTable(handle, state, ino, bytes, null);
  });
  const inode = yield* state.inode(ino);
  if (inode === null) throw new Corruption('ext4_fc_inode', 'fc_ino', ino, 'a number in use');
  state.unnamed.add(inode);
  state.modified.add(inode);
  if (isDirectory(inode.mode)) emptyDirectory(inode);
  yield* state.update(1, (handle) => markInodeDirty(handle, inode));
}

/** Its entries are told of one by one: it has none, not even . and .., until its name is. */
function emptyDirectory(inode: Inode): void {
  inode.size = inode.diskSize = inode.sectors = 0;
  inode.flags &= ~EXT4_INDEX_FL;
}

function* changeInode(state: ReplayState, inode: Inode, bytes: Uint8Array): Sleepable<void> {
  state.modified.add(inode);
  yield* state.update(INODE_CREDITS, (handle) =>
    writeTable(handle, state, inode.ino, bytes, inode.data.slice()),
  );
  inode.extentStatus.remove(0, MAX_BLOCKS);
  yield* readInode(inode);
}

/** `map` is i_block as it is, or null for a new inode. */
function* writeTable(
  handle: Handle,
  { sb }: ReplayState,
  ino: number,
  bytes: Uint8Array,
  map: Uint8Array | null,
): Sleepable<void> {
  const { tableBlock, tableOffset } = locateInode(sb, ino);
  const { inodeSize } = sb.geometry;
  const buffer = yield* sb.cache.bread(tableBlock);
  yield* handle.getWriteAccess(buffer);
  if (map === null) buffer.data.fill(0, tableOffset, tableOffset + inodeSize);
  buffer.data.set(bytes, tableOffset);
  const raw = InodeLayout.at(buffer.view, tableOffset);
  buffer.data.set(blockMapOf(raw.flags, raw.mode, bytes, map), tableOffset + I_BLOCK_OFFSET);
  if (sb.hasChecksums) setInodeChecksum(inodeSeed(sb.checksumSeed, ino, raw.generation), raw, inodeSize);
  handle.dirtyMetadata(buffer);
}

/** i_block: where it says what is mapped, the tag's is of no use, because it tells of blocks that nobody wrote. */
function blockMapOf(flags: number, mode: number, bytes: Uint8Array, known: Uint8Array | null): Uint8Array {
  const told = bytes.subarray(I_BLOCK_OFFSET, I_BLOCK_OFFSET + I_BLOCK_BYTES);
  if ((flags & EXT4_INLINE_DATA_FL) !== 0) return told;
  if ((flags & EXT4_EXTENTS_FL) === 0)
    return isRegular(mode) || isDirectory(mode) ? (known ?? new Uint8Array(I_BLOCK_BYTES)) : told;
  if (known !== null) return known;
  const data = new Uint8Array(I_BLOCK_BYTES);
  initExtentTree({ data, dataView: new DataView(data.buffer) });
  return data;
}

/** The inode goes, with all that it had. What a file mapped is free only if nobody else is told to have it. */
export function* bury(state: ReplayState, inode: Inode): Sleepable<void> {
  yield* unmapAll(state, inode);
  state.mustFit(buryCredits(inode));
  inode.links = 0;
  yield* state.close(inode);
}

/** Of what the inode still maps, the bitmaps and descriptors of the groups, twice if it has to ask again, and the map. */
function buryCredits({ mode, flags, sectors, clusterSectors, sb }: Inode): number {
  if (isRegular(mode) && (flags & EXT4_EXTENTS_FL) !== 0) return BURY_CREDITS;
  const blocks = Math.ceil(sectors / clusterSectors);
  return BURY_CREDITS + 4 * Math.min(sb.geometry.groups, blocks) + Math.ceil(blocks / MAPPED_MIN);
}
