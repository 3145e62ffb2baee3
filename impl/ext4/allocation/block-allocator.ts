import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Transaction } from '../../jbd2/transaction.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { findRun, findSet, testBit, type ClearRun } from './bitmap.ts';
import { BlockGroup } from './block-group.ts';
import type { FixedMetadata } from './block-zones.ts';
import { groupOfBlock } from './group-layout.ts';
import type { Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** What ext4_mb_new_blocks is asked for. */
export interface AllocationRequest {
  /** Wanted first block; one outside the file system means anywhere. */
  readonly goal: number;
  /** Wanted blocks, at least 1. */
  readonly length: number;
  /** May use the space kept back for metadata (EXT4_MB_USE_RESERVED). */
  readonly useKeptBack: boolean;
  /** The blocks will hold metadata. */
  readonly metadata: boolean;
}

export interface BlockRun {
  readonly start: number;
  /** Blocks. */
  readonly length: number;
}

/** A run inside a group; bits. */
interface GroupRun {
  readonly group: BlockGroup;
  readonly start: number;
  readonly length: number;
}

/** Frees that become final when their transaction commits. */
interface PendingFrees {
  readonly transaction: Transaction;
  readonly runs: GroupRun[];
}

/** How often a search starts over because other tasks took what it had found while it slept. */
const SEARCHES_MAX = 1000;

/** Hands out blocks and takes them back (fs/ext4/mballoc.c, without buddies and preallocation). */
export class BlockAllocator {
  readonly fixed: FixedMetadata;
  readonly #sb: SuperBlock;
  readonly #groups: readonly BlockGroup[];
  #pending: PendingFrees | null = null;
  #pendingBlocks = 0;

  constructor(sb: SuperBlock, fixed: FixedMetadata) {
    this.#sb = sb;
    this.fixed = fixed;
    this.#groups = sb.groups.map((group) => new BlockGroup(sb, fixed.layout, group));
  }

  /** Do freed blocks wait for a commit (s_mb_free_pending)? After ENOSPC it may be worth to force one and try again. */
  get hasPendingFrees(): boolean {
    return this.#pendingBlocks > 0;
  }

  /**
   * Allocates 1 .. request.length blocks in one run: at the goal if that is free, else the first run that is long enough in
   * its group or the next ones, else the longest run of all. Adjusts bitmap, descriptor and free space; i_blocks and
   * promises are the caller's. ENOSPC when the free space is promised or kept back, or waits for a commit
   * (`hasPendingFrees`; see retry-allocation.ts). Credits: bitmap and descriptor block.
   */
  *allocate(handle: Handle, _inode: Inode | null, request: AllocationRequest): Sleepable<BlockRun> {
    const { freeSpace } = this.#sb;
    const claimed = this.#claim(request);
    // Nobody else may count on these blocks while this task sleeps.
    freeSpace.reserved += claimed;
    try {
      const { group, start, length } = yield* this.#hold(request.goal, claimed);
      try {
        yield* group.markUsed(handle, start, length);
      } catch (error) {
        group.release(start, length);
        throw error;
      }
      return { start: group.firstBlock + start, length };
    } finally {
      freeSpace.reserved -= claimed;
    }
  }

  /** ext4_claim_free_clusters: half as much as long as it does not fit. */
  #claim({ length, useKeptBack, metadata }: AllocationRequest): number {
    let claimed = metadata ? length : Math.min(length, this.#untilCommit());
    while (claimed > 0 && !this.#sb.freeSpace.has(claimed, useKeptBack)) claimed >>= 1;
    if (claimed === 0) fail('ENOSPC');
    return claimed;
  }

  /**
   * How many blocks data may take before a commit must make freed ones available. While some wait for it, what is kept
   * back stays at hand: the end of a write may need a block for the extent tree, and cannot wait for a commit itself.
   */
  #untilCommit(): number {
    if (this.#pendingBlocks === 0) return Infinity;
    const { free, keptBack } = this.#sb.freeSpace;
    return Math.max(0, free - this.#pendingBlocks - keptBack);
  }

  /** Finds a run and takes it out of every other task's sight. */
  *#hold(goal: number, length: number): Sleepable<GroupRun> {
    for (let search = 0; search < SEARCHES_MAX; search++) {
      const found = yield* this.#search(goal, length);
      if (found === null) break;
      // No sleep since the bits were seen clear, unless the run is the longest of a search through several groups.
      if (findSet(found.group.busy, found.start, found.start + found.length) < found.start + found.length)
        continue;
      found.group.hold(found.start, found.length);
      return found;
    }
    return fail('ENOSPC');
  }

  *#search(goal: number, length: number): Sleepable<GroupRun | null> {
    const first = this.#goalGroup(goal);
    let longest: GroupRun | null = null;
    for (let step = 0; step < this.#groups.length; step++) {
      const group = this.#groups[(first + step) % this.#groups.length];
      if (group === undefined || group.free === 0) continue;
      if (!group.loaded) yield* group.bitmap();
      if (group.available <= (longest?.length ?? 0)) continue;
      const from = step === 0 ? goalBit(group, goal) : 0;
      const run = from === 0 ? findFrom(group, 0, length) : findNear(group, from, length);
      if (run.length >= length || (step === 0 && run.start === from && run.length > 0))
        return { group, ...run };
      if (run.length > (longest?.length ?? 0)) longest = { group, ...run };
    }
    return longest;
  }

  #goalGroup(goal: number): number {
    const { layout } = this.fixed;
    return goal >= layout.firstDataBlock && goal < layout.blocks ? groupOfBlock(layout, goal) : 0;
  }

  /**
   * Frees blocks that belong to `inode`, or to nobody any more. They count as free at once, and can be allocated when
   * the handle's transaction has committed. Blocks that held metadata are revoked, so that recovery does not write old
   * contents over a new owner's data. Throws Corruption when the range is not one that a file can have.
   */
  *free(
    handle: Handle,
    inode: Inode | null,
    start: number,
    length: number,
    { metadata }: { readonly metadata: boolean },
  ): Sleepable<void> {
    this.checkRange(start, length, inode === null ? 'freed range' : `freed range of inode ${inode.ino}`);
    if (metadata) {
      for (let block = start; block < start + length; block++) {
        yield* handle.revoke(block, this.#sb.cache.find(block));
      }
    }
    for (let block = start; block < start + length;) {
      const group = this.#groups[groupOfBlock(this.fixed.layout, block)];
      if (group === undefined) throw new Corruption('freed range', 'block', block, 'a block of a group');
      const bit = block - group.firstBlock;
      const count = Math.min(start + length - block, group.blocks - bit);
      yield* group.markFree(handle, bit, count);
      this.#defer(handle.transaction, { group, start: bit, length: count });
      block += count;
    }
  }

  /** Throws Corruption unless all blocks may belong to a file (ext4_inode_block_valid). */
  checkRange(start: number, length: number, structure: string): void {
    const { layout, zones } = this.fixed;
    if (start < layout.firstDataBlock || length < 1 || start + length > layout.blocks) {
      const bounds = `blocks ${layout.firstDataBlock} .. ${layout.blocks - 1}`;
      throw new Corruption(structure, 'range', `${start} + ${length}`, bounds);
    }
    if (zones.overlaps(start, length)) {
      throw new Corruption(structure, 'range', `${start} + ${length}`, 'no fixed metadata');
    }
  }

  #defer(transaction: Transaction, run: GroupRun): void {
    if (this.#pending?.transaction !== transaction) {
      const runs: GroupRun[] = [];
      this.#pending = { transaction, runs };
      transaction.onCommit(() => this.#release(runs));
    }
    this.#pending.runs.push(run);
    this.#pendingBlocks += run.length;
  }

  /** ext4_process_freed_data: the commit is durable, the old owner cannot come back. */
  #release(runs: readonly GroupRun[]): void {
    for (const { group, start, length } of runs) {
      group.release(start, length);
      this.#pendingBlocks -= length;
    }
    if (this.#pending?.runs === runs) this.#pending = null;
  }
}

/** The goal's bit in its group, 0 when it lies elsewhere. */
function goalBit({ firstBlock, blocks }: BlockGroup, goal: number): number {
  const bit = goal - firstBlock;
  return bit > 0 && bit < blocks ? bit : 0;
}

/** The first run from bit `from` on that is long enough, else the longest. */
function findFrom({ busy, blocks }: BlockGroup, from: number, length: number): ClearRun {
  const run: ClearRun = { start: 0, length: 0 };
  findRun(busy, from, blocks, length, run);
  return run;
}

/** At the goal, if that is free; else behind it; else before it. */
function findNear(group: BlockGroup, goal: number, length: number): ClearRun {
  const { busy, blocks } = group;
  if (!testBit(busy, goal)) {
    return { start: goal, length: findSet(busy, goal, Math.min(blocks, goal + length)) - goal };
  }
  const run = findFrom(group, goal, length);
  if (run.length < length) findRun(busy, 0, goal, length, run);
  return run;
}
