import type { Sleepable } from '../../sched/sleepable.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import { setFreeBlocksCount } from '../layout/superblock.ts';
import type { SuperBlock } from './super-block.ts';

/** Brings the counters and the time of the last write into the superblock in memory (ext4_update_super). */
export function updateSuperBlock(sb: SuperBlock): void {
  const { raw } = sb;
  setFreeBlocksCount(raw, sb.freeSpace.free * sb.geometry.clusterRatio);
  raw.freeInodesCount = sb.inodeAllocator.freeInodes;
  raw.wtime = lowHalf(sb.now.seconds >>> 0);
  raw.wtimeHi = Math.max(0, highHalf(sb.now.seconds)) & 0xff;
}

/**
 * Writes the superblock in place, past the journal, and durably (ext4_commit_super). Everything written before is durable
 * first, so that a flag never tells of something that a power cut can still undo. Fails with EIO.
 */
export function* commitSuperBlock(sb: SuperBlock): Sleepable<void> {
  updateSuperBlock(sb);
  sb.buffer.seal?.apply(sb.buffer);
  yield* sb.cache.write(sb.buffer, { preflush: true, fua: true });
}
