import { SECTOR_BYTES } from '../../block/bio.ts';
import { assert } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { BlockGroup } from './block-group.ts';
import type { FixedMetadata } from './block-zones.ts';
import { groupOfBlock } from './group-layout.ts';
import { searchGroups, type Wanted } from './group-search.ts';
import { PendingFrees } from './pending-frees.ts';
import { part, Preallocation, type ClusterPlace, type HeldRun } from './preallocation.ts';
import { planFor, type FilePlace, type Plan } from './plan.ts';
import { SmallFilePool } from './small-file-pool.ts';
import { discardRun, Trimmer, type TrimRange } from './trim.ts';
import type { Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** What ext4_mb_new_blocks is asked for. */
export interface AllocationRequest {
  /** Wanted first block; one outside the file system means anywhere. */
  readonly goal: number;
  /** Wanted blocks, at least 1; with bigalloc `place`, if there is one, begins a cluster. */
  readonly length: number;
  /** May use the space kept back for metadata (EXT4_MB_USE_RESERVED). */
  readonly useKeptBack: boolean;
  /** The blocks will hold metadata. */
  readonly metadata: boolean;
  /** The blocks will hold bytes of a regular file, at this place in it (EXT4_MB_HINT_DATA); null for anything else. */
  readonly place: FilePlace | null;
}

export interface BlockRun {
  readonly start: number;
  /** Blocks: whole clusters, so with bigalloc perhaps more than was asked for. */
  readonly length: number;
}

/** How often a search starts over because other tasks took what it had found while it slept. */
const SEARCHES_MAX = 1000;

/**
 * Hands out blocks and takes them back (fs/ext4/mballoc.c). Files get windows of the size that they will probably grow to;
 * what is not used of a window stays set aside for its file, in memory only: on the disk, and in what statfs answers, it is
 * free. It goes back when the last writer closes the file, when the file is cut, when its inode leaves memory, and when
 * nothing else is left.
 */
export class BlockAllocator {
  readonly fixed: FixedMetadata;
  readonly #sb: SuperBlock;
  readonly #groups: readonly BlockGroup[];
  readonly #groupsPerFlex: number;
  readonly #pending: PendingFrees;
  readonly #pool: SmallFilePool;
  readonly #trimmer: Trimmer;
  /** Inodes for which something is set aside. */
  readonly #preallocated = new Set<Inode>();
  /** Where the last large file found space that did not continue anything (s_mb_last_groups). */
  #streamGroup = 0;
  /** The end of the last large file that was closed: with nobody there to continue it, the next one may start here. */
  #closedEnd: ClusterPlace | null = null;

  constructor(sb: SuperBlock, fixed: FixedMetadata) {
    this.#sb = sb;
    this.fixed = fixed;
    this.#groups = sb.groups.map((group) => new BlockGroup(sb, fixed.layout, group));
    this.#groupsPerFlex = sb.geometry.groupsPerFlex;
    this.#pool = new SmallFilePool(this.#groupsPerFlex);
    this.#trimmer = new Trimmer(sb, this.#groups);
    this.#pending = new PendingFrees((run) => {
      if (sb.options.discard) discardRun(sb, run);
      release(run);
    });
  }

  /** Do freed blocks wait for a commit (s_mb_free_pending)? After ENOSPC it may be worth to force one and try again. */
  get hasPendingFrees(): boolean {
    return this.#pending.clusters > 0;
  }

  /** Is there more free space that need not wait for a commit than what is promised and kept back? */
  get hasSpareClusters(): boolean {
    return this.#sb.freeSpace.available(false) > this.#pending.clusters;
  }

  /**
   * Allocates 1 .. request.length blocks in one run: from what is set aside for the file; else at the goal, as far as that
   * is free; else where a window of the file fits (plan.ts, group-search.ts); else the longest run of all. Adjusts bitmap,
   * descriptor and free space; i_blocks and promises are the caller's. ENOSPC when the free space is promised or kept back,
   * or waits for a commit (`hasPendingFrees`; see retry-allocation.ts). Credits: bitmap and descriptor block.
   */
  *allocate(handle: Handle, inode: Inode | null, request: AllocationRequest): Sleepable<BlockRun> {
    const { freeSpace } = this.#sb;
    const claimed = this.#claim(request);
    // Nobody else may count on these blocks while this task sleeps.
    freeSpace.reserved += claimed;
    try {
      const run =
        this.#preallocatedFor(inode, request, claimed) ?? (yield* this.#find(inode, request, claimed));
      const { group, start, length } = run;
      try {
        yield* group.markUsed(handle, start, length);
      } catch (error) {
        release(run);
        throw error;
      }
      return this.#blocksOf(group, start, length);
    } finally {
      freeSpace.reserved -= claimed;
    }
  }

  #blocksOf({ firstBlock, ratio }: BlockGroup, start: number, length: number): BlockRun {
    if (ratio === 1) return { start: firstBlock + start, length };
    const first = firstBlock + start * ratio;
    return { start: first, length: Math.min(length * ratio, this.fixed.layout.blocks - first) };
  }

  /** ext4_claim_free_clusters: half as much as long as it does not fit. */
  #claim({ length: blocks, useKeptBack, metadata }: AllocationRequest): number {
    const length = Math.ceil(blocks / this.fixed.layout.clusterRatio);
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
    if (this.#pending.clusters === 0) return Infinity;
    const { free, keptBack } = this.#sb.freeSpace;
    return Math.max(0, free - this.#pending.clusters - keptBack);
  }

  /** ext4_mb_use_preallocated, for the file itself. */
  #preallocatedFor(inode: Inode | null, { place }: AllocationRequest, length: number): HeldRun | null {
    const kept = inode?.preallocation;
    if (place === null || kept === null || kept === undefined) return null;
    return kept.take(place.logical / this.fixed.layout.clusterRatio, length);
  }

  /** Finds a run and takes it, with what is set aside around it, out of every other task's sight. */
  *#find(inode: Inode | null, request: AllocationRequest, claimed: number): Sleepable<HeldRun> {
    const plan = planFor(this.#sb, inode, request, claimed);
    const pooled = plan.small ? this.#fromPool(request.goal, plan) : null;
    if (pooled !== null) return this.#keepRest(inode, plan, pooled);
    for (let search = 0; search < SEARCHES_MAX; search++) {
      const found = yield* searchGroups(this.#groups, this.#groupsPerFlex, this.#wanted(request, plan));
      if (found === null) {
        if (!this.discardAllPreallocations()) break;
        continue;
      }
      const { group, start, length } = found;
      // No sleep since the bits were seen clear, unless the run is the longest of a search through several groups.
      if (group.freeAt(start, length) < length) continue;
      group.hold(start, length);
      if (plan.stream) this.#streamGroup = group.number;
      return this.#keepRest(inode, plan, found);
    }
    return fail('ENOSPC');
  }

  /** Space for a small file, unless it can go on where it is. */
  #fromPool(goal: number, plan: Plan): HeldRun | null {
    const { claimed: length } = plan;
    const number = this.#groupOf(goal);
    const group = this.#groups[number];
    if (plan.continues && group !== undefined) {
      const bit = clusterIn(group, goal);
      const behind = this.#pool.takeAt(group, bit, length, plan.open);
      if (behind !== null) return behind;
      if (group.loaded && group.freeAt(bit, length) > 0) return null;
    }
    return this.#pool.take(number, length, plan.open);
  }

  #wanted({ goal }: AllocationRequest, plan: Plan): Wanted {
    const group = this.#groupOf(goal);
    const { length, least, room, continues } = plan;
    const at = plan.exactGoal ? clusterIn(this.#groups[group], goal) - plan.before : -1;
    if (at >= 0) return { length, least, leastAtGoal: continues ? 1 : least, room, group, goal: at };
    if (!plan.stream || continues) return { length, least, leastAtGoal: least, room, group, goal: -1 };
    const { number, goal: start } = this.#streamGoal();
    return { length, least, leastAtGoal: length, room, group: number, goal: start };
  }

  /** Where a large file begins that continues nothing; the goal serves once. */
  #streamGoal(): { readonly number: number; readonly goal: number } {
    const end = this.#closedEnd;
    this.#closedEnd = null;
    if (end !== null && end.start < end.group.clusters) return { number: end.group.number, goal: end.start };
    return { number: this.#streamGroup, goal: -1 };
  }

  #groupOf(goal: number): number {
    const { layout } = this.fixed;
    return goal >= layout.firstDataBlock && goal < layout.blocks ? groupOfBlock(layout, goal) : 0;
  }

  /** Of a run that is held the caller gets what it asked for; the rest is set aside. */
  #keepRest(inode: Inode | null, plan: Plan, run: HeldRun): HeldRun {
    const { claimed, logical } = plan;
    // A run that is too short for the window begins where the request does.
    const before = run.length >= plan.before + claimed ? plan.before : 0;
    const length = Math.min(claimed, run.length - before);
    const behind = run.length - before - length;
    if (before > 0) this.#keep(inode, plan, part(run, 0, before), logical - before);
    if (behind > 0) this.#keep(inode, plan, part(run, before + length, behind), logical + length);
    if (plan.stream && inode !== null) {
      inode.preallocation ??= new Preallocation();
      inode.preallocation.end = { group: run.group, start: run.start + before + length };
    }
    return behind === 0 && before === 0 ? run : part(run, before, length);
  }

  #keep(inode: Inode | null, plan: Plan, run: HeldRun, logical: number): void {
    const forFile =
      inode === null || (plan.small && !plan.open) ? 0 : Math.min(run.length, plan.end - logical);
    assert(forFile >= 0, () => `set aside at ${logical}, where something else is`);
    if (forFile > 0 && inode !== null) {
      const { group, start } = run;
      inode.preallocation ??= new Preallocation();
      inode.preallocation.add({ group, start, length: forFile, logical, pooled: plan.small });
      this.#preallocated.add(inode);
    }
    if (forFile < run.length) this.#giveBack(part(run, forFile, run.length - forFile), plan.small);
  }

  #giveBack(run: HeldRun, pooled: boolean): void {
    const dropped = pooled ? this.#pool.give(run) : run;
    if (dropped !== null) release(dropped);
  }

  /** What was set aside for the file and not used can be had by others again (ext4_discard_preallocations). */
  discardPreallocation(inode: Inode): void {
    const kept = inode.preallocation;
    if (kept === null) return;
    inode.preallocation = null;
    this.#preallocated.delete(inode);
    for (const run of kept.runs) this.#giveBack(run, run.pooled);
  }

  /** The same, if all that was promised has its place and nobody can write more (ext4_release_file). */
  discardIfClosed(inode: Inode): void {
    if (inode.writers > 0 || inode.reservedBlocks > 0) return;
    this.#closedEnd = inode.preallocation?.end ?? this.#closedEnd;
    this.discardPreallocation(inode);
  }

  /** Nothing is set aside any more (ext4_mb_discard_preallocations for all groups); answers whether something was. */
  discardAllPreallocations(): boolean {
    let any = this.#preallocated.size > 0;
    for (const inode of this.#preallocated) this.discardPreallocation(inode);
    for (const run of this.#pool.clear()) {
      release(run);
      any = true;
    }
    return any;
  }

  /**
   * Frees blocks, and the whole clusters that they lie in, that belong to `inode`, or to nobody any more. They count as free at once, and can be allocated when
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
    this.#assertIdle(start, length, metadata);
    if (metadata) {
      for (let block = start; block < start + length; block++) {
        yield* handle.revoke(block, this.#sb.cache.find(block));
      }
    }
    for (let block = start; block < start + length;) {
      const group = this.#groups[groupOfBlock(this.fixed.layout, block)];
      if (group === undefined) throw new Corruption('freed range', 'block', block, 'a block of a group');
      const first = clusterIn(group, block);
      const end = Math.min(group.clusters, Math.ceil((start + length - group.firstBlock) / group.ratio));
      yield* group.markFree(handle, first, end - first);
      this.#pending.add(handle.transaction, { group, start: first, length: end - first });
      block = group.firstBlock + end * group.ratio;
    }
  }

  /** What the journal has logged may still be on its way home; file data may not: whoever gets the blocks next would be overwritten. */
  #assertIdle(start: number, length: number, metadata: boolean): void {
    const { device, geometry } = this.#sb;
    if (metadata || device.isBusy === undefined) return;
    const sectors = geometry.blockSize / SECTOR_BYTES;
    assert(
      !device.isBusy(start * sectors, length * sectors),
      () => `blocks ${start}+${length} are freed while a transfer of them is under way`,
    );
  }

  /**
   * Makes blocks used that are known to be (ext4_mb_mark_bb): the clusters of the range that are free; answers these. To be
   * called while nothing waits for a commit. Credits: bitmap and descriptor of each group.
   */
  *claim(handle: Handle, start: number, length: number): Sleepable<BlockRun[]> {
    const taken: BlockRun[] = [];
    for (let block = start; block < start + length;) {
      const group = this.#groups[groupOfBlock(this.fixed.layout, block)];
      if (group === undefined) throw new Corruption('claimed range', 'block', block, 'a block of a group');
      const end = Math.min(group.clusters, Math.ceil((start + length - group.firstBlock) / group.ratio));
      yield* group.bitmap();
      for (let bit = clusterIn(group, block); bit < end; bit++) {
        const free = group.freeAt(bit, end - bit);
        if (free === 0) continue;
        group.hold(bit, free);
        yield* group.markUsed(handle, bit, free);
        taken.push(this.#blocksOf(group, bit, free));
        bit += free;
      }
      block = group.firstBlock + end * group.ratio;
    }
    return taken;
  }

  /** Tells the device of free space; answers the bytes (trim.ts). */
  trim(range: TrimRange): Sleepable<number> {
    return this.#trimmer.trim(range);
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
}

/** The cluster that holds a block of the group; -1 for a block that lies elsewhere. */
function clusterIn(group: BlockGroup | undefined, block: number): number {
  if (group === undefined) return -1;
  const cluster = Math.floor((block - group.firstBlock) / group.ratio);
  return cluster < group.clusters ? Math.max(-1, cluster) : -1;
}

const release = ({ group, start, length }: HeldRun): void => group.release(start, length);
