import { buffersOf } from '../../buffer/folio-buffers.ts';
import { hasDirtyBlock, stateOf } from '../../iomap/folio-state.ts';
import { Journal } from '../../jbd2/journal.ts';
import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_INLINE_DATA_FL, isRegular, type Inode } from '../inode/inode.ts';
import { blockMapOf, maxBytesOf } from '../mapping/block-map.ts';
import { NOWHERE, type ExtentState, type StatusExtent } from '../mapping/extent-status.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** Blocks of a file that are in one state and lie behind one another. */
export interface BlockRun {
  /** First block of the file. */
  readonly logical: number;
  /** Blocks. */
  readonly length: number;
  readonly state: ExtentState;
  /** First block on the device; null where there is none. */
  readonly physical: number | null;
}

/** A folio of the page cache. `blocks` has a letter for each: `D` dirty, `u` uptodate, `-` neither. */
export interface FolioPicture {
  /** First page in the file. */
  readonly index: number;
  readonly pages: number;
  readonly blocks: string;
  readonly dirty: boolean;
  readonly uptodate: boolean;
  readonly writeback: boolean;
  /** What the blocks are on the buffer_head path beyond that: `delay`, `unwritten`, `new`; empty on the other. */
  readonly buffers: readonly string[];
}

/** A regular file as memory has it. */
export interface FilePicture {
  readonly ino: number;
  readonly links: number;
  /** i_size and i_disksize, bytes. */
  readonly size: number;
  readonly diskSize: number;
  /** The address_space_operations. */
  readonly table: string;
  /** Contents that lie in the inode have no blocks. */
  readonly inline: boolean;
  readonly runs: readonly BlockRun[];
  readonly folios: readonly FolioPicture[];
  /** Runs or folios were left out: there were more than PIECES_MAX. */
  readonly cut: boolean;
  /** Clusters promised to delayed blocks. */
  readonly promised: number;
}

/** Where the journal stands: ids of transactions, and blocks of the log. */
export interface JournalPicture {
  /** The transaction that takes updates; null when none is open. */
  readonly running: number | null;
  readonly committed: number;
  /** Committed transactions whose blocks have not all come home. */
  readonly checkpoints: number;
  readonly head: number;
  readonly tail: number;
  readonly free: number;
  readonly size: number;
  readonly aborted: boolean;
}

export interface MemoryPicture {
  readonly blockSize: number;
  readonly files: readonly FilePicture[];
  /** Null without a journal. */
  readonly journal: JournalPicture | null;
}

/** Files, and runs or folios of one, that a picture has at most. */
const FILES_MAX = 16;
const PIECES_MAX = 256;

/** What a person wants to see of a file system's memory between two calls, as plain data. Changes nothing but what is cached. */
export function* memoryPicture(sb: SuperBlock): Sleepable<MemoryPicture> {
  const files: FilePicture[] = [];
  const regular = [...sb.inodes.all()].filter(({ mode }) => isRegular(mode));
  for (const inode of regular.sort((left, right) => left.ino - right.ino).slice(0, FILES_MAX))
    files.push(yield* filePicture(inode));
  return { blockSize: sb.geometry.blockSize, files, journal: journalPicture(sb) };
}

function* filePicture(inode: Inode): Sleepable<FilePicture> {
  const { ino, links, size, diskSize, dataPath, mapping, reservedBlocks } = inode;
  const inline = (inode.flags & EXT4_INLINE_DATA_FL) !== 0;
  const runs = inline ? [] : yield* runsOf(inode);
  const folios = mapping.range(0, Infinity);
  return {
    ino,
    links,
    size,
    diskSize,
    table: dataPath.name,
    inline,
    runs: runs.slice(0, PIECES_MAX),
    folios: folios.slice(0, PIECES_MAX).map((folio) => folioPicture(inode, folio)),
    cut: runs.length > PIECES_MAX || folios.length > PIECES_MAX,
    promised: reservedBlocks,
  };
}

/** What memory knows of each block, else what the map says, up to the last block that is not a hole; one run more than a picture has. */
function* runsOf(inode: Inode): Sleepable<BlockRun[]> {
  const blocks = Math.ceil(maxBytesOf(inode) / inode.blockSize);
  const runs: BlockRun[] = [];
  yield* inode.dataLock.read();
  try {
    const map = blockMapOf(inode);
    for (let block = 0; block < blocks && runs.length <= PIECES_MAX;) {
      const known = inode.extentStatus.lookup(block) ?? (yield* map.find(inode, block)).says();
      const end = Math.min(blocks, known.logical + known.length, nextKnown(inode, block));
      append(runs, known, block, end);
      block = end;
    }
  } finally {
    inode.dataLock.unlockRead();
  }
  const last = runs.at(-1);
  if (last?.state === 'hole') runs.pop();
  return runs;
}

/** The block at which memory begins to know something again; it is newer than what the map says. */
function nextKnown(inode: Inode, after: number): number {
  for (const { logical } of inode.extentStatus) if (logical > after) return logical;
  return Infinity;
}

function append(
  runs: BlockRun[],
  { state, logical, physical }: StatusExtent,
  from: number,
  end: number,
): void {
  const place = physical === NOWHERE ? null : physical + from - logical;
  const last = runs.at(-1);
  const goesOn =
    last?.state === state &&
    (place === null ? last.physical === null : last.physical === place - last.length);
  if (last !== undefined && goesOn) runs[runs.length - 1] = { ...last, length: last.length + end - from };
  else runs.push({ logical: from, length: end - from, state, physical: place });
}

function folioPicture(inode: Inode, folio: Folio): FolioPicture {
  const { index, pages, dirty, uptodate, writeback } = folio;
  const heads = inode.dataPath.name === 'ext4_iomap_aops' ? null : buffersOf(folio);
  return {
    index,
    pages,
    dirty,
    uptodate,
    writeback,
    blocks: Array.from({ length: folio.size / inode.blockSize }, (_, block) =>
      letter(inode, folio, block),
    ).join(''),
    buffers: (heads ?? []).map((head) =>
      [head.delay && 'delay', head.unwritten && 'unwritten', head.new && 'new'].filter(Boolean).join(' '),
    ),
  };
}

function letter(inode: Inode, folio: Folio, block: number): string {
  const iomap = inode.dataPath.name === 'ext4_iomap_aops';
  const state = iomap ? stateOf(folio) : null;
  const head = iomap ? undefined : buffersOf(folio)?.[block];
  const dirty = iomap ? hasDirtyBlock(folio, block) : (head?.dirty ?? folio.dirty);
  if (dirty) return 'D';
  return (state?.isUptodate(block) ?? head?.uptodate ?? folio.uptodate) ? 'u' : '-';
}

function journalPicture({ journal }: SuperBlock): JournalPicture | null {
  if (!(journal instanceof Journal)) return null;
  const { running, commitSequence, checkpoints, area, aborted } = journal.state;
  return {
    running: running?.tid ?? null,
    committed: commitSequence,
    checkpoints: checkpoints.length,
    head: area.head,
    tail: area.tail,
    free: area.free,
    size: area.size,
    aborted,
  };
}
