import { assert } from '../../lib/assert.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_INLINE_DATA_FL, isRegular, type Inode } from '../inode/inode.ts';
import { blockMapOf, maxBytesOf } from '../mapping/block-map.ts';
import { NOWHERE, type StatusExtent } from '../mapping/extent-status.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { checkPageCache } from './page-cache.ts';

/**
 * What must hold in memory whenever no task is in the middle of something, asserted: promises of space are exactly those of
 * delayed blocks; what is known of a file's mapping is what its map says; sizes are in order; the page cache holds nothing
 * dirty that has no place, and nothing behind the end of a file; credits are set aside only for writes that have not ended.
 * Looks at every inode in memory: not for hot loops.
 */
export function* checkInvariants(sb: SuperBlock): Sleepable<void> {
  let promised = 0;
  for (const inode of sb.inodes.all()) {
    checkPromises(inode);
    promised += inode.reservedBlocks === 0 ? 0 : inode.reservedBlocks * blockMapOf(inode).promiseBlocks;
    if (isRegular(inode.mode)) checkFile(inode);
    if ((inode.flags & EXT4_INLINE_DATA_FL) === 0) yield* checkExtentStatus(inode);
  }
  const { reserved } = sb.freeSpace;
  assert(reserved === promised, () => `${reserved} clusters are promised, delayed blocks have ${promised}`);
  checkReservations(sb);
}

/** Whatever was set aside for the end of a write is used then, or given back: else the journal fills up with credits of nobody. */
function checkReservations({ journal, conversionWork, inodes }: SuperBlock): void {
  if (journal.aborted || !conversionWork.idle) return;
  for (const { mapping } of inodes.all()) if (mapping.writebackFolios > 0) return;
  const { reservedCredits } = journal;
  assert(reservedCredits === 0, () => `${reservedCredits} credits are set aside, and no write is under way`);
}

/** A directory that was removed while somebody has it open is empty in memory only, so sizes are in order of files alone. */
function checkFile(inode: Inode): void {
  const { ino, diskSize, size } = inode;
  assert(diskSize <= size, () => `inode ${ino}: i_disksize ${diskSize} > i_size ${size}`);
  checkPageCache(inode);
}

/** Every delayed block has its promise, or shares it with its cluster, or lies in the cluster of a mapped block. */
function checkPromises(inode: Inode): void {
  const { extentStatus, promisedClusters, reservedBlocks, ino } = inode;
  if (promisedClusters !== null) {
    checkPromisedClusters(inode, promisedClusters);
    return;
  }
  let delayed = 0;
  for (const { length, state } of extentStatus) if (state === 'delayed') delayed += length;
  assert(
    delayed === reservedBlocks,
    () => `inode ${ino}: ${delayed} delayed blocks, ${reservedBlocks} promises`,
  );
}

function checkPromisedClusters(
  { extentStatus, reservedBlocks, ino, sb }: Inode,
  promised: Set<number>,
): void {
  const { clusterRatio } = sb.geometry;
  const clusters = new Set<number>();
  for (const { logical, length, state } of extentStatus) {
    if (state !== 'delayed') continue;
    for (let block = logical; block < logical + length; block++)
      clusters.add(Math.floor(block / clusterRatio));
  }
  assert(
    promised.size === reservedBlocks && [...promised].every((cluster) => clusters.has(cluster)),
    () =>
      `inode ${ino}: ${reservedBlocks} promises for clusters ${[...promised].join()}, delayed ${[...clusters].join()}`,
  );
}

/** The extent status repeats what the map says; delayed blocks are holes there. */
function* checkExtentStatus(inode: Inode): Sleepable<void> {
  yield* inode.dataLock.read();
  try {
    // What lies behind the largest file is no question that a map answers.
    const blocks = Math.ceil(maxBytesOf(inode) / inode.blockSize);
    for (const known of [...inode.extentStatus]) {
      const end = Math.min(blocks, known.logical + known.length);
      for (let block = known.logical; block < end;) {
        const found = yield* blockMapOf(inode).find(inode, block);
        const says = found.says();
        assert(
          agrees(known, says, block),
          () => `inode ${inode.ino}: block ${block} is known as ${shown(known)}, the map says ${shown(says)}`,
        );
        block = says.logical + says.length;
      }
    }
  } finally {
    inode.dataLock.unlockRead();
  }
}

function agrees(known: StatusExtent, says: StatusExtent, block: number): boolean {
  if (known.state === 'delayed' || known.state === 'hole') return says.state === 'hole';
  if (known.state !== says.state) return false;
  return (
    known.physical - known.logical === says.physical - says.logical && block < says.logical + says.length
  );
}

const shown = ({ state, logical, length, physical }: StatusExtent): string =>
  `${state} ${logical}+${length}${physical === NOWHERE ? '' : ` at ${physical}`}`;
