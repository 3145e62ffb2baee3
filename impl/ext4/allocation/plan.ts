import type { Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';
import type { AllocationRequest } from './block-allocator.ts';
import { clipWindow, normalizedWindow, type FileWindow } from './normalize-request.ts';
import { POOL_RUN_CLUSTERS } from './small-file-pool.ts';

/** Where in a regular file the wanted blocks belong; logical blocks. */
export interface FilePlace {
  readonly logical: number;
  /** The end of the mapped range before it, 0 if there is none. */
  readonly leftEnd: number;
  /** The start of the mapped range behind it, Infinity if there is none. */
  readonly rightStart: number;
  /** Does the goal follow from where a neighbour lies? Otherwise it only names a group. */
  readonly near: boolean;
}

/** What to look for, and what to do with more than was asked for; counts are of clusters. */
export interface Plan {
  /** First logical cluster of the request; 0 without a file. */
  readonly logical: number;
  /** The window begins so many clusters before it. */
  readonly before: number;
  /** Clusters of the window, those before included. */
  readonly length: number;
  /** Clusters to hand out at most. */
  readonly claimed: number;
  /** Nothing is set aside for the file from this logical cluster on. */
  readonly end: number;
  /** A shorter run is of little use. */
  readonly least: number;
  /** Room to leave behind the window where there is plenty; 0 for a request that wants nothing but itself. */
  readonly room: number;
  /** Is the goal a place, not only a group? */
  readonly exactGoal: boolean;
  /** The window continues what the file has. */
  readonly continues: boolean;
  /** The space of small files serves it. */
  readonly small: boolean;
  /** Somebody may write more. */
  readonly open: boolean;
  /** A large file: where the last one was put is as good a place as any (EXT4_MB_STREAM_ALLOC). */
  readonly stream: boolean;
}

/** Files of up to so many blocks are small (s_mb_stream_request). */
const SMALL_FILE_BLOCKS = 16;

/** Files that may grow start so far apart, where they can: written in turns, each still comes out in one piece. */
const ROOM_CLUSTERS = 8192;

/** What ext4_mb_group_or_file and ext4_mb_normalize_request decide. `available` clusters can be had. */
export function planFor(
  sb: SuperBlock,
  inode: Inode | null,
  request: AllocationRequest,
  available: number,
): Plan {
  const { place } = request;
  if (inode === null || place === null) return barePlan(available);
  const { blockSize, clusterRatio } = sb.geometry;
  const logical = place.logical / clusterRatio;
  const leftEnd = Math.ceil(place.leftEnd / clusterRatio);
  const sizeBlocks = Math.ceil(inode.size / blockSize);
  const requestEnd = place.logical + request.length;
  const gap = inode.preallocation?.gapAround(logical) ?? EVERYWHERE;
  const from = Math.max(leftEnd, gap.from);
  const end = Math.min(Math.floor(place.rightStart / clusterRatio), gap.to);
  const claimed = Math.min(available, end - logical);
  const open = inode.writers > 0;
  const small = Math.max(requestEnd, sizeBlocks) <= SMALL_FILE_BLOCKS;
  const exactGoal = place.near;
  const continues = leftEnd > 0 && leftEnd === logical;
  if (small) {
    const room = open ? ROOM_CLUSTERS : POOL_RUN_CLUSTERS;
    const length = POOL_RUN_CLUSTERS;
    const least = claimed;
    return {
      logical,
      before: 0,
      length,
      claimed,
      end,
      least,
      room,
      exactGoal,
      continues,
      small,
      open,
      stream: false,
    };
  }
  // Nobody will append to it: no window (EXT4_MB_HINT_NOPREALLOC).
  if (!open && requestEnd === sizeBlocks) {
    return { ...barePlan(claimed), logical, end, exactGoal, continues };
  }
  const whole = normalizedWindow(place.logical, request.length, inode.size, blockSize);
  const window = clipWindow(inClusters(whole, clusterRatio), from, end);
  return {
    logical,
    before: logical - window.start,
    length: window.length,
    claimed,
    end,
    least: Math.min(claimed, window.start + window.length - logical),
    room: Math.max(ROOM_CLUSTERS, window.length),
    exactGoal,
    continues: leftEnd > 0 && leftEnd === window.start,
    small,
    open,
    stream: true,
  };
}

/** The clusters that a range of blocks touches. */
function inClusters({ start, length }: FileWindow, ratio: number): FileWindow {
  const first = Math.floor(start / ratio);
  return { start: first, length: Math.ceil((start + length) / ratio) - first };
}

const EVERYWHERE = { from: 0, to: Infinity };

/** For what is no regular file: as near to the goal as it goes, and nothing else. */
const barePlan = (length: number): Plan => ({
  logical: 0,
  before: 0,
  length,
  claimed: length,
  end: Infinity,
  least: length,
  room: 0,
  exactGoal: true,
  continues: true,
  small: false,
  open: false,
  stream: false,
});
