import { assert } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { Birthplace } from '../allocation/inode-placement.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { dropCleanRange } from '../../mm/invalidate.ts';
import { discardAll, truncateCache } from '../../mm/truncate.ts';
import { orderOfBlock } from '../../mm/page.ts';
import { READY, ready, type Sleepable } from '../../sched/sleepable.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { chooseDataPath, wantsBufferedIomap, wantsDax } from '../data/aops.ts';
import { isFastSymlink } from './fast-symlink.ts';
import { blockMapOf } from '../mapping/block-map.ts';
import { initBlockMap } from '../mapping/init-map.ts';
import { forget } from '../mapping/reservation.ts';
import {
  EXT4_EA_INODE_FL,
  EXT4_INLINE_DATA_FL,
  EXT4_PROJINHERIT_FL,
  Inode,
  isDirectory,
  isRegular,
  isSymlink,
  useDataPath,
} from './inode.ts';
import { EXT4_DAX_FL, inheritedFlags } from './flags.ts';
import { hasInlineData } from '../super/features.ts';
import { clearRawInode, locateInode, markInodeDirty, readInode } from './inode-table.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';
import { deleteXattrs, holdsXattrs, putAll, RELEASE_CREDITS } from '../xattr/release.ts';
import { forgetValueInode } from '../xattr/value-inode.ts';
import { honourSync } from './sync-flags.ts';

/** Credits to take an inode off the orphans and free it: table block, bitmap, descriptor, superblock, orphan block. */
const FREE_INODE_CREDITS = 8;

/** The inodes in memory, each at most once (the inode hash of the VFS with ext4_iget and ext4_evict_inode). */
export class InodeCache {
  readonly #sb: SuperBlock;
  readonly #inodes = new Map<number, Inode>();
  /** Files with folios that are dirty or under writeback: what a sync has to visit. */
  readonly unsyncedMappings = new Set<AddressSpace>();
  /** Of every file: a folio holds at least one block. */
  readonly folioOrderMin: number;

  constructor(sb: SuperBlock) {
    this.folioOrderMin = orderOfBlock(sb.geometry.blockSize);
    this.#sb = sb;
  }

  all(): Iterable<Inode> {
    return this.#inodes.values();
  }

  /** Is the number in use by an inode in memory? It must not be handed out again before that is gone. */
  has(ino: number): boolean {
    return this.#inodes.has(ino);
  }

  /** ext4_iget(): the inode with one more reference; it has a name. Throws Corruption, fails with EIO. */
  get(ino: number): Sleepable<Inode> {
    const known = this.#inodes.get(ino);
    if (known === undefined) return this.#readOrdinary(ino);
    if ((known.flags & EXT4_EA_INODE_FL) !== 0) throw unexpectedValue(known);
    return ready(reference(known));
  }

  *#readOrdinary(ino: number): Sleepable<Inode> {
    const inode = yield* this.#readNamed(ino);
    if ((inode.flags & EXT4_EA_INODE_FL) === 0) return inode;
    yield* this.put(inode);
    throw unexpectedValue(inode);
  }

  /** The same for what attributes alone refer to, an inode with a value; whether it is one the caller asks. */
  getValue(ino: number): Sleepable<Inode> {
    const known = this.#inodes.get(ino);
    return known === undefined ? this.#readNamed(ino) : ready(reference(known));
  }

  *#readNamed(ino: number): Sleepable<Inode> {
    const inode = yield* this.#read(ino);
    // To take it into memory would be to delete it, and what is in its place may belong to somebody else.
    if (inode.links === 0)
      throw new Corruption(`ext4_inode ${ino}`, 'linksCount', 0, 'at least 1, for it has a name');
    return this.#share(inode);
  }

  /** The same for an inode that may have no name: one that recovery is to finish with (ext4_orphan_get). */
  *getOrphan(ino: number): Sleepable<Inode> {
    const known = this.#inodes.get(ino);
    return known === undefined ? this.#share(yield* this.#read(ino)) : reference(known);
  }

  *#read(ino: number): Sleepable<Inode> {
    const inode = new Inode(locateInode(this.#sb, ino), chooseDataPath(this.#sb, 0, 0, false));
    yield* readInode(inode);
    if (mapsBlocks(inode)) blockMapOf(inode).check(inode);
    return inode;
  }

  /** Somebody else may have read it while this task slept; there is one inode only. */
  #share(inode: Inode): Inode {
    const other = this.#inodes.get(inode.ino);
    if (other !== undefined) return reference(other);
    this.#enter(inode);
    return inode;
  }

  /** From now on the inode is in memory, on the path that its flags and the mount's options choose for it. */
  #enter(inode: Inode): void {
    const { mode, flags } = inode;
    inode.bufferedIomap = wantsBufferedIomap(this.#sb, mode, flags);
    useDataPath(inode, chooseDataPath(this.#sb, mode, flags, wantsDax(this.#sb, mode, flags)));
    inode.references = 1;
    // An inode that was dropped from memory may have been changed by a transaction that still runs: fsync waits for it.
    inode.syncTid = inode.dataSyncTid = this.#sb.journal.newestTid;
    this.#inodes.set(inode.ino, inode);
  }

  /**
   * ext4_new_inode(): a fresh inode with no links, one reference, empty, all times now, and what the directory of `birthplace`
   * hands down. The caller gives it a name and marks it dirty. Fails with ENOSPC.
   */
  *create(
    handle: Handle,
    birthplace: Birthplace | null,
    mode: number,
    uid: number,
    gid: number,
  ): Sleepable<Inode> {
    const sb = this.#sb;
    const ino = yield* sb.inodeAllocator.allocate(handle, birthplace, mode);
    assert(!this.#inodes.has(ino), () => `inode ${ino} is allocated while it is in memory`);
    const inode = new Inode(locateInode(sb, ino), chooseDataPath(sb, 0, 0, false));
    yield* clearRawInode(handle, inode);
    inode.mode = mode;
    inode.uid = uid;
    inode.gid = gid;
    inode.atime = inode.ctime = inode.mtime = inode.crtime = sb.now;
    const parent = birthplace?.dir ?? null;
    if (parent !== null && parent.flags !== 0) inherit(inode, parent);
    if (isRegular(mode) || isDirectory(mode)) {
      initBlockMap(inode);
      inode.mayInline = hasInlineData(sb) && (isDirectory(mode) || (inode.flags & EXT4_DAX_FL) === 0);
    }
    this.#enter(inode);
    sb.fastCommits?.tracker.born(handle, inode);
    return inode;
  }

  /** iput(): one reference less. The last one of an inode without links frees it, contents and all. */
  put(inode: Inode): Sleepable<void> {
    assert(inode.references > 0, () => `inode ${inode.ino} is put without a reference`);
    inode.references--;
    if (inode.references > 0 || (inode.links > 0 && !inode.dontCache)) return READY;
    return inode.links === 0 ? this.#evictDeleted(inode) : this.#evictUncached(inode);
  }

  /** I_DONTCACHE: what the file is in memory changes when it is read anew, so it goes as soon as it can. */
  *#evictUncached(inode: Inode): Sleepable<void> {
    yield* writeAndWait(inode.mapping, 0, Infinity);
    yield* this.#sb.conversionWork.flush();
    if (inode.references === 0) this.#dropUnused(inode);
  }

  /**
   * The deleting half of ext4_evict_inode. What cannot be freed any more leaves memory all the same: on disk the inode stays
   * an orphan, for the next mount. Whoever let go of it is not told: his call was done before.
   */
  *#evictDeleted(inode: Inode): Sleepable<void> {
    const sb = this.#sb;
    yield* sb.freezer.startWrite();
    yield* truncateCache(inode.mapping, 0);
    try {
      if (!sb.readOnly && !sb.health.emergency) yield* this.#free(inode);
    } catch (error) {
      if (error instanceof Corruption) yield* sb.health.corrupted(error);
      else if (!(error instanceof Failure)) throw error;
    } finally {
      if (this.#inodes.delete(inode.ino)) {
        // What was promised to its delayed blocks needs no place any more (ext4_clear_inode).
        forget(inode, 0, MAX_BLOCKS);
        yield* sb.orphans.remove(null, inode);
      }
    }
  }

  *#free(inode: Inode): Sleepable<void> {
    const sb = this.#sb;
    // From here on the size does not tell any more that i_block holds a target and no pointers.
    if (isFastSymlink(inode)) inode.data.fill(0);
    inode.size = 0;
    if ((inode.flags & EXT4_EA_INODE_FL) !== 0) forgetValueInode(inode);
    yield* truncateBlocks(inode);
    const dropped: Inode[] = [];
    const handle = yield* sb.journal.start(FREE_INODE_CREDITS + (holdsXattrs(inode) ? RELEASE_CREDITS : 0));
    try {
      honourSync(handle, inode);
      if (holdsXattrs(inode)) yield* deleteXattrs(handle, inode, dropped);
      yield* sb.orphans.remove(handle, inode);
      inode.diskSize = 0;
      // The low 32 bits, as in Linux; but 0 means to e2fsck that nobody deleted it, and no kernel's clock stands there.
      inode.dtime = sb.now.seconds >>> 0 || 1;
      yield* markInodeDirty(handle, inode);
      yield* sb.inodeAllocator.free(handle, inode.ino, inode.mode);
      sb.fastCommits?.tracker.freed(handle, inode);
      this.#inodes.delete(inode.ino);
    } finally {
      yield* handle.stop();
      yield* putAll(dropped);
    }
  }

  /** The file system goes away: every inode and its memory with it (evict_inodes). */
  clear(): void {
    for (const inode of this.#inodes.values()) discardAll(inode.mapping);
    this.#inodes.clear();
  }

  /** Lets go of clean folios everywhere (drop_pagecache_sb). */
  dropPages(): void {
    for (const inode of this.#inodes.values()) dropCleanRange(inode.mapping, 0, Infinity);
  }

  /** Lets go of inodes that nobody uses, with their clean folios (prune_icache_sb). */
  dropUnused(): void {
    for (const inode of this.#inodes.values()) this.#dropUnused(inode);
  }

  #dropUnused(inode: Inode): void {
    const { mapping } = inode;
    if (inode.references === 0) dropCleanRange(mapping, 0, Infinity);
    const cached = mapping.folioCount > 0 || mapping.dirtyFolios > 0;
    if (inode.references > 0 || cached || inode.endedWrites.length > 0 || inode.reservedBlocks !== 0) return;
    this.#sb.blockAllocator.discardPreallocation(inode);
    this.#inodes.delete(inode.ino);
  }
}

/** A name, or whatever leads to files, leads to the value of an attribute (check_igot_inode). */
const unexpectedValue = ({ ino, flags }: Inode): Corruption =>
  new Corruption(`ext4_inode ${ino}`, 'flags', flags, 'no EXT4_EA_INODE_FL in what has a name');

/** Is i_block a map, and neither contents nor the number of a device? */
const mapsBlocks = (inode: Inode): boolean =>
  (isRegular(inode.mode) || isDirectory(inode.mode) || (isSymlink(inode.mode) && !isFastSymlink(inode))) &&
  (inode.flags & EXT4_INLINE_DATA_FL) === 0;

/** Flags that go down the tree, and the project where the directory says so. */
function inherit(inode: Inode, { flags, project }: Inode): void {
  inode.flags = inheritedFlags(inode.mode, flags);
  if ((flags & EXT4_PROJINHERIT_FL) !== 0) inode.project = project;
}

function reference(inode: Inode): Inode {
  inode.references++;
  return inode;
}
