import { PAGE_BYTES, type Operation, type Outcome, type SpaceReport } from '../../model/index.ts';
import type { Participant, StepContext } from '../lockstep.ts';
import { countFree } from '../bitmaps.ts';
import { clusterSize } from '../format.ts';
import type { Setup } from '../setup.ts';
import type { DiskImage } from '../target.ts';
import { fails, HOLDS, type FailedVerdict, type Verdict } from '../verdict.ts';

/** Whether an answer is one that a full disk gives: ENOSPC, or fewer bytes written than asked. */
export function ranOut(operation: Operation, answer: Outcome): boolean {
  // A store that finds no room is a SIGBUS, as is one that finds no page.
  if (!answer.ok) return answer.errno === (operation.op === 'store' ? 'EFAULT' : 'ENOSPC');
  return answer.value.kind === 'count' && answer.value.count < bytesAsked(operation);
}

/** How many bytes an operation writes that may write fewer; 0 for others. */
function bytesAsked(operation: Operation): number {
  switch (operation.op) {
    case 'write':
    case 'pwrite':
    case 'store':
      return operation.content.length;
    case 'copy-file-range':
    case 'sendfile':
      return operation.length;
    case 'mkswap':
      return PAGE_BYTES;
    default:
      return 0;
  }
}

/** What ext4 keeps back for itself at most: 2 %, or 4096 clusters (ext4_calculate_resv_clusters). */
const KEPT_BACK_PERCENT = 2;
const KEPT_BACK_CLUSTERS_MAX = 4096;

/** Clusters that a call may need beside its data: directory splits, an extent tree that grows, one per level and some. */
const METADATA_CLUSTERS_MAX = 24;

/**
 * Whether the disk is so full that `operation` may be refused, judged by the target's own statfs right then: the reserve is
 * for those who may use it. What is kept
 * back is a share of the whole device, of which statfs leaves out the journal and the tables.
 */
export function permitsNoSpace(
  space: SpaceReport,
  operation: Operation,
  { sizeBytes, blockSize, format }: Setup,
  mayUseReserve: boolean,
): boolean {
  if (space.inodesFree === 0 && mayTakeInode(operation)) return true;
  const clusterBytes = clusterSize(format, blockSize);
  const bytes = bytesPlaced(operation);
  const data = bytes === 0 ? 0 : Math.ceil(bytes / clusterBytes) + 1;
  const keptBack = Math.min(
    Math.ceil(((sizeBytes / clusterBytes) * KEPT_BACK_PERCENT) / 100),
    KEPT_BACK_CLUSTERS_MAX,
  );
  const blocksFree = mayUseReserve ? space.blocksFree : space.blocksAvailable;
  const clustersFree = (blocksFree * space.blockSize) / clusterBytes;
  // Each cluster of delayed data reserves what its extents may need, at worst one index block in some hundred.
  return clustersFree < data + Math.ceil(data / 64) + METADATA_CLUSTERS_MAX + keptBack;
}

/** A store finds places for all of the folio that it falls into. */
const LARGEST_FOLIO_BYTES = 2 << 20;

/** How many bytes of a file an operation may find a place for. */
function bytesPlaced(operation: Operation): number {
  if (operation.op === 'store') return operation.content.length + LARGEST_FOLIO_BYTES;
  if (operation.op !== 'fallocate') return bytesAsked(operation);
  return ['punch', 'collapse', 'insert'].includes(operation.mode) ? 0 : operation.length;
}

/** An attribute takes one when it gets an inode of its own, a rename when it leaves a whiteout, a map of extents for a moment. */
function mayTakeInode({ op }: Operation): boolean {
  return ['open', 'mkdir', 'symlink', 'mknod', 'rename', 'setxattr', 'chattr'].includes(op);
}

/** What statfs can have said at least before a failure gave so many bytes back. */
export function spaceBefore(space: SpaceReport, bytesGivenBack: number): SpaceReport {
  const blocks = Math.ceil(bytesGivenBack / space.blockSize);
  const less = (free: number): number => Math.max(0, free - blocks);
  return { ...space, blocksFree: less(space.blocksFree), blocksAvailable: less(space.blocksAvailable) };
}

export function noSpaceTooEarly(
  { name }: Participant,
  operation: Operation,
  { step }: StepContext,
  space: SpaceReport,
  expected: string,
  observed: string,
): FailedVerdict {
  return fails(
    {
      kind: 'space',
      target: name,
      step,
      operation: operation.op,
      detail: `${operation.op} out of space too early`,
    },
    {
      summary: `${name} runs out of space in ${operation.op} with ${space.blocksFree} of ${space.blocks} blocks and ${space.inodesFree} inodes free`,
      operation,
      expected,
      observed,
    },
  );
}

/**
 * After sync, and with no descriptor open, statfs must say what the bitmaps of the disk say after unmount: all that was
 * promised has been allocated or given back.
 */
export function judgeSpace(target: string, space: SpaceReport, image: DiskImage): Verdict {
  const counted = countFree(image);
  if (counted.blocks !== space.blocksFree) {
    return spaceDiffers(target, 'free blocks', counted.blocks, space.blocksFree, image);
  }
  if (counted.inodes !== space.inodesFree) {
    return spaceDiffers(target, 'free inodes', counted.inodes, space.inodesFree, image);
  }
  return HOLDS;
}

/** After recovery of a disk on which everything was in order, nothing may be lost or gained. */
export function judgeRecoveredSpace(target: string, live: SpaceReport, recovered: SpaceReport): Verdict {
  for (const what of ['blocksFree', 'inodesFree'] as const) {
    if (live[what] === recovered[what]) continue;
    const unit = what === 'blocksFree' ? 'free blocks' : 'free inodes';
    return spaceDiffers(target, `${unit} after recovery`, live[what], recovered[what], null);
  }
  return HOLDS;
}

function spaceDiffers(
  target: string,
  what: string,
  expected: number,
  observed: number,
  image: DiskImage | null,
): FailedVerdict {
  return fails(
    { kind: 'space', target, step: null, operation: null, detail: `statfs ${what}` },
    {
      summary: `${target}: statfs counts ${what} wrongly after sync`,
      expected: `${expected}${image === null ? ' (before the power cut)' : ' (counted in the bitmaps after unmount)'}`,
      observed: `${observed}`,
      ...(image !== null && { image }),
    },
  );
}
