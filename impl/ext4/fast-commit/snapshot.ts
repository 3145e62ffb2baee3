import { highHalf, lowHalf } from '../../lib/struct.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { maxLength } from '../extents/node.ts';
import {
  EXT4_EA_INODE_FL,
  EXT4_ENCRYPT_FL,
  EXT4_EXTENTS_FL,
  EXT4_INLINE_DATA_FL,
  isRegular,
  type Inode,
} from '../inode/inode.ts';
import { EXT_INIT_MAX_LEN, ExtentLayout } from '../layout/extent.ts';
import {
  FastCommitAddRangeLayout,
  FastCommitDelRangeLayout,
  FastCommitHeadLayout,
  FastCommitInodeLayout,
  FastCommitNameLayout,
  FC_ADD_RANGE,
  FC_CREAT,
  FC_DEL_RANGE,
  FC_HEAD,
  FC_INODE,
  FC_LINK,
  FC_UNLINK,
} from '../layout/fast-commit.ts';
import { EXT4_GOOD_OLD_INODE_SIZE, InodeLayout } from '../layout/inode.ts';
import { isMapped } from '../mapping/extent-status.ts';
import { knownMapping, mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { FastCommitImage } from './image.ts';
import type { NameUpdate, Span, Tracker } from './tracker.ts';

/** Blocks that one FC_DEL_RANGE tells of: the kernel's numbers have a sign. */
const DEL_RANGE_MAX = 0x7fffffff;

const NAME_TAGS = { create: FC_CREAT, link: FC_LINK, unlink: FC_UNLINK } as const;

/** Sees to it that the maps of all changed files are known in memory, so that a snapshot need not sleep. */
export function* prepareSnapshot(tracker: Tracker): Sleepable<void> {
  for (const [inode, span] of [...tracker.files]) {
    if (span === null || !isEligible(tracker, inode)) continue;
    for (let block = span.from; block < span.to;) {
      const { logical, length } = yield* mapBlocks(null, inode, block, span.to - block, 'lookup');
      block = logical + length;
    }
  }
}

/**
 * Everything that the tracker knows, as of this moment; null when a fast commit cannot tell of it. No handle is open.
 * `begins`: it is the first one of its transaction.
 */
export function takeSnapshot(
  sb: SuperBlock,
  tracker: Tracker,
  begins: boolean,
): readonly Uint8Array[] | null {
  return new Snapshot(sb, tracker).take(begins);
}

/** Can Linux and e2fsck restore the file from what a fast commit says of it? */
function isEligible(tracker: Tracker, inode: Inode): boolean {
  const { mode, flags, links, orphan, xattrBlock, dataPath, ino, sb } = inode;
  if (tracker.isUnknown(inode)) return true;
  const strange = EXT4_INLINE_DATA_FL | EXT4_EA_INODE_FL | EXT4_ENCRYPT_FL;
  if (!isRegular(mode) || (flags & EXT4_EXTENTS_FL) === 0 || (flags & strange) !== 0) return false;
  // Without links, or in the middle of a truncation, it is an orphan, of which only a full commit tells.
  if (links === 0 || orphan !== null || ino < sb.geometry.firstInode) return false;
  return xattrBlock === 0 && !dataPath.logsData;
}

class Snapshot {
  readonly #sb: SuperBlock;
  readonly #tracker: Tracker;
  readonly #image: FastCommitImage;
  /** Whose ranges were told of already. */
  readonly #mapped = new Set<Inode>();
  /** Something was not in memory, or cannot be told. */
  #failed = false;

  constructor(sb: SuperBlock, tracker: Tracker) {
    this.#sb = sb;
    this.#tracker = tracker;
    this.#image = new FastCommitImage(sb.geometry.blockSize);
  }

  /** `begins`: it is the first one of its transaction. */
  take(begins: boolean): readonly Uint8Array[] | null {
    const tracker = this.#tracker;
    for (const inode of tracker.files.keys()) if (!isEligible(tracker, inode)) return null;
    if (begins) this.#head();
    for (const update of tracker.names) if (!tracker.isUnknown(update.inode)) this.#name(update);
    for (const [inode, span] of tracker.files) {
      if (tracker.isUnknown(inode)) continue;
      this.#ranges(inode, span);
      this.#inode(inode);
    }
    if (this.#failed) return null;
    this.#image.finish(tracker.tid);
    return this.#image.blocks;
  }

  #head(): void {
    const value = new Uint8Array(FastCommitHeadLayout.size);
    FastCommitHeadLayout.at(new DataView(value.buffer)).tid = this.#tracker.tid;
    this.#image.add(FC_HEAD, value);
  }

  /** A new file comes before its name. */
  #name({ kind, parentIno, name, inode }: NameUpdate): void {
    if (kind === 'create') {
      this.#inode(inode);
      this.#ranges(inode, this.#tracker.files.get(inode) ?? null);
    }
    const value = new Uint8Array(FastCommitNameLayout.size);
    const raw = FastCommitNameLayout.at(new DataView(value.buffer));
    raw.parentIno = parentIno;
    raw.ino = inode.ino;
    this.#image.add(NAME_TAGS[kind], value, name);
  }

  /** The inode as its table has it. */
  #inode({ ino, tableBlock, tableOffset }: Inode): void {
    const buffer = this.#sb.cache.find(tableBlock);
    if (buffer === null) {
      this.#failed = true;
      return;
    }
    const extra =
      this.#sb.geometry.inodeSize > EXT4_GOOD_OLD_INODE_SIZE
        ? InodeLayout.at(buffer.view, tableOffset).extraIsize
        : 0;
    const value = new Uint8Array(FastCommitInodeLayout.size);
    FastCommitInodeLayout.at(new DataView(value.buffer)).ino = ino;
    const end = tableOffset + EXT4_GOOD_OLD_INODE_SIZE + extra;
    this.#image.add(FC_INODE, value, buffer.data.subarray(tableOffset, end));
  }

  #ranges(inode: Inode, span: Span | null): void {
    if (span === null || this.#mapped.has(inode)) return;
    this.#mapped.add(inode);
    for (let block = span.from; block < span.to;) {
      const known = knownMapping(inode, block, span.to - block);
      if (known === null) {
        this.#failed = true;
        return;
      }
      block += isMapped(known.type) ? this.#addRange(inode, known) : this.#deleteRange(inode, known);
    }
  }

  #addRange({ ino }: Inode, { type, logical, length, physical }: BlockMapping): number {
    const unwritten = type === 'unwritten';
    const told = Math.min(length, maxLength(unwritten));
    const value = new Uint8Array(FastCommitAddRangeLayout.size);
    const view = new DataView(value.buffer);
    FastCommitAddRangeLayout.at(view).ino = ino;
    const extent = ExtentLayout.at(view, FastCommitAddRangeLayout.fields.extent.offset);
    extent.block = logical;
    extent.len = unwritten ? told + EXT_INIT_MAX_LEN : told;
    extent.startLo = lowHalf(physical);
    extent.startHi = highHalf(physical);
    this.#image.add(FC_ADD_RANGE, value);
    return told;
  }

  #deleteRange({ ino }: Inode, { logical, length }: BlockMapping): number {
    const told = Math.min(length, DEL_RANGE_MAX);
    const value = new Uint8Array(FastCommitDelRangeLayout.size);
    const raw = FastCommitDelRangeLayout.at(new DataView(value.buffer));
    raw.ino = ino;
    raw.logical = logical;
    raw.length = told;
    this.#image.add(FC_DEL_RANGE, value);
    return told;
  }
}
