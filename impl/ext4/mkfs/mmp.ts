import { mmpChecksum } from '../integrity/checksum.ts';
import { EXT4_MMP_MAGIC, EXT4_MMP_SEQ_CLEAN, MmpLayout } from '../layout/mmp.ts';
import { highHalf, lowHalf } from '../../lib/struct.ts';
import type { InodeWriter } from './inodes.ts';
import { bytesOf } from './image.ts';

/** Seconds after which whoever has the file system mounted says so again (EXT4_MMP_UPDATE_INTERVAL). */
export const MMP_INTERVAL = 5;

/** The block of a file system that nobody has mounted yet, made by no host and on no device (ext2fs_mmp_reset). */
export function writeMmpBlock({ image, placement, seed, now }: InodeWriter): void {
  if (placement.mmpBlock === 0) return;
  const raw = MmpLayout.at(image.block(placement.mmpBlock));
  raw.magic = EXT4_MMP_MAGIC;
  raw.sequence = EXT4_MMP_SEQ_CLEAN;
  raw.timeLo = lowHalf(now);
  raw.timeHi = highHalf(now);
  raw.checkInterval = MMP_INTERVAL;
  if (seed !== null) raw.checksum = mmpChecksum(seed, bytesOf(raw.view));
}
