import { Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { fail } from '../../lib/errno.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { isInline } from '../inline/inline-data.ts';
import { isRegular, type Inode } from '../inode/inode.ts';
import { OrphanFile } from './orphan-file.ts';
import type { SpecialFile } from '../inode/special-file.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { writeAndWait } from '../../mm/filemap.ts';
import { truncateBlocks } from '../mapping/truncate-blocks.ts';

/** Superblock or orphan block, the inode before this one, and this one. */
const LEAVE_CREDITS = 4;

/** Place of an inode in the list that starts at s_last_orphan; each i_dtime holds the number of the next. */
class ListPlace {
  readonly inode: Inode;
  previous: ListPlace | null = null;
  next: ListPlace | null;

  constructor(inode: Inode, next: ListPlace | null) {
    this.inode = inode;
    this.next = next;
  }
}

/** Place of an inode in the orphan file. */
class FilePlace {
  readonly slot: number;

  constructor(slot: number) {
    this.slot = slot;
  }
}

/**
 * Inodes that recovery has to finish with: without links but open, or in the middle of a truncation (fs/ext4/orphan.c).
 * They stand in the orphan file when there is one with room, else in the list through the superblock.
 */
export class Orphans {
  readonly #sb: SuperBlock;
  #file: OrphanFile | null = null;
  /** The newest in the list, to which s_last_orphan points. */
  #head: ListPlace | null = null;

  constructor(sb: SuperBlock) {
    this.#sb = sb;
  }

  /** From now on orphans go to the orphan file. */
  *useFile(file: SpecialFile): Sleepable<void> {
    this.#file = yield* OrphanFile.load(this.#sb, file);
  }

  /** Is nothing left to do? */
  get isEmpty(): boolean {
    return this.#sb.raw.lastOrphan === 0 && this.#file?.entries().next().done !== false;
  }

  /**
   * ext4_orphan_add: an inode that is one already stays where it is. Without a journal nothing is noted: after a crash
   * e2fsck looks at everything anyway. Credits: two (orphan block, or superblock and
   * inode).
   */
  *add(handle: Handle, inode: Inode): Sleepable<void> {
    if (inode.orphan !== null || !this.#sb.journal.recovers) return;
    if (this.#file !== null) {
      const slot = yield* this.#file.add(handle, inode.ino);
      if (slot !== null) {
        inode.orphan = new FilePlace(slot);
        return;
      }
    }
    const { buffer, raw } = this.#sb;
    yield* handle.getWriteAccess(buffer);
    inode.dtime = raw.lastOrphan;
    raw.lastOrphan = inode.ino;
    this.#link(inode);
    handle.dirtyMetadata(buffer);
    yield* markInodeDirty(handle, inode);
  }

  #link(inode: Inode): void {
    const place = new ListPlace(inode, this.#head);
    if (this.#head !== null) this.#head.previous = place;
    this.#head = place;
    inode.orphan = place;
  }

  /**
   * ext4_orphan_del. Without a handle, after an error, the inode leaves the lists in memory only. Credits: up to three
   * (superblock or the inode before it, and the inode).
   */
  *remove(handle: Handle | null, inode: Inode): Sleepable<void> {
    const place = inode.orphan;
    if (place instanceof FilePlace) {
      if (handle !== null && this.#file !== null) yield* this.#file.remove(handle, place.slot);
      inode.orphan = null;
    } else if (place instanceof ListPlace) {
      if (handle === null) this.#unlink(place);
      else yield* this.#removeFromList(handle, place);
    }
  }

  #unlink(place: ListPlace): void {
    const { previous, next } = place;
    if (previous === null) this.#head = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    place.inode.orphan = null;
  }

  *#removeFromList(handle: Handle, place: ListPlace): Sleepable<void> {
    const { buffer, raw } = this.#sb;
    const { inode } = place;
    // Taken even when the superblock will not change: after this nothing sleeps until the chain is whole again.
    yield* handle.getWriteAccess(buffer);
    const { previous } = place;
    this.#unlink(place);
    const next = inode.dtime;
    inode.dtime = 0;
    if (previous === null) {
      raw.lastOrphan = next;
      handle.dirtyMetadata(buffer);
    } else {
      previous.inode.dtime = next;
      yield* markInodeDirty(handle, previous.inode);
    }
    yield* markInodeDirty(handle, inode);
  }

  /**
   * For a replay of fast commits, which may change or free an orphan: nobody is one any more; answers who was. Called before
   * `process`, so none is in memory. Throws Corruption. Credits: superblock, and each inode or block of the orphan file.
   */
  *takeAll(handle: Handle): Sleepable<number[]> {
    const { raw, buffer, geometry } = this.#sb;
    const found = new Set<number>();
    if (raw.lastOrphan !== 0) yield* handle.getWriteAccess(buffer);
    while (raw.lastOrphan !== 0) {
      const ino = raw.lastOrphan;
      if (found.has(ino) || found.size > geometry.inodes)
        throw new Corruption('ext4_super_block', 'lastOrphan', ino, 'another inode: the list is a ring');
      found.add(ino);
      const inode = yield* this.#get(ino, 's_last_orphan');
      raw.lastOrphan = inode.dtime;
      inode.dtime = 0;
      if (!(yield* handle.extend(1))) fail('ENOSPC');
      yield* markInodeDirty(handle, inode);
      handle.dirtyMetadata(buffer);
      // Only what is left of it in the end is looked at again.
      inode.references--;
    }
    for (const { slot, ino } of [...(this.#file?.entries() ?? [])]) {
      found.add(ino);
      if (!(yield* handle.extend(1))) fail('ENOSPC');
      yield* this.#file?.remove(handle, slot) ?? READY;
    }
    return [...found];
  }

  /** Who became one is one on the disk only, as `process` expects. */
  leaveMemory(): void {
    for (let place = this.#head; place !== null; place = place.next) place.inode.orphan = null;
    this.#head = null;
  }

  /**
   * After recovery: truncates what still has links to its size, deletes the rest (ext4_orphan_cleanup). Throws Corruption
   * when an entry is no inode that could be one. Runs without a handle.
   */
  *process(): Sleepable<void> {
    const { raw, health, options } = this.#sb;
    if (health.hasErrors) {
      // e2fsck has to look at everything anyway; nothing is freed on the word of a damaged file system.
      if (!options.readOnly) raw.lastOrphan = 0;
      return;
    }
    for (let last = 0; raw.lastOrphan !== 0;) {
      const ino = raw.lastOrphan;
      if (ino === last)
        throw new Corruption('ext4_super_block', 'lastOrphan', ino, 'another inode: the list is a ring');
      last = ino;
      const inode = yield* this.#get(ino, 's_last_orphan');
      this.#link(inode);
      yield* finish(inode);
    }
    for (const { slot, ino } of [...(this.#file?.entries() ?? [])]) {
      const inode = yield* this.#get(ino, `orphan file slot ${slot}`);
      inode.orphan = new FilePlace(slot);
      yield* finish(inode);
    }
  }

  /** ext4_orphan_get: a number in range, marked as used. */
  *#get(ino: number, where: string): Sleepable<Inode> {
    const { geometry, inodeAllocator, inodes } = this.#sb;
    if (ino < geometry.firstInode || ino > geometry.inodes || !(yield* inodeAllocator.isUsed(ino))) {
      throw new Corruption(
        where,
        'inode',
        ino,
        `a used inode of ${geometry.firstInode} .. ${geometry.inodes}`,
      );
    }
    const inode = yield* inodes.getOrphan(ino);
    if (inode.orphan !== null)
      throw new Corruption(where, 'inode', ino, 'an inode that is an orphan once only');
    return inode;
  }
}

function* leave(inode: Inode): Sleepable<void> {
  const { journal, orphans } = inode.sb;
  const handle = yield* journal.start(LEAVE_CREDITS);
  try {
    yield* orphans.remove(handle, inode);
  } finally {
    yield* handle.stop();
  }
}

/** ext4_process_orphan: the last reference of an inode without links deletes it. */
function* finish(inode: Inode): Sleepable<void> {
  if (inode.links > 0) {
    // Contents in the inode were cut in one transaction: there is nothing left to do.
    if (isInline(inode)) yield* leave(inode);
    else yield* finishTruncation(inode);
  }
  yield* inode.sb.inodes.put(inode);
}

function* finishTruncation(inode: Inode): Sleepable<void> {
  if (isRegular(inode.mode)) yield* zeroLastBlock(inode);
  yield* truncateBlocks(inode);
}

/** What the last block holds behind the end of the file must read as zeros when the file grows again (ext4_truncate). */
function* zeroLastBlock(inode: Inode): Sleepable<void> {
  const { size, blockSize, mapping } = inode;
  const tail = size % blockSize;
  if (tail === 0) return;
  yield* inode.dataPath.zeroPartialBlock(inode, size, blockSize - tail);
  yield* writeAndWait(mapping, 0, Infinity);
}
