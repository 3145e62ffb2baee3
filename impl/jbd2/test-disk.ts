import { BlockRuns } from '../block/block-runs.ts';
import { present } from '../lib/assert.ts';
import { crc32c } from '../lib/crc32c.ts';
import { SECTOR_BYTES, type Bio, type BioStatus } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { MemoryDisk } from '../block/memory-disk.ts';
import { PowerCuts, type LostWrite, type SectorRange } from '../block/power-cuts.ts';
import { RecordingDisk as Recorder } from '../block/recording-disk.ts';
import { BufferCache } from '../buffer/buffer-cache.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { FastCommitReader } from './fast-commit-area.ts';
import { Journal } from './journal.ts';

/** For tests: a disk with home blocks in front and a journal behind, and the means to cut its power. */
export interface TestShape {
  readonly blockSize: number;
  readonly homeBlocks: number;
  readonly journalBlocks: number;
  readonly checksums: boolean;
  readonly transactionChecksums?: boolean;
  readonly sixtyFourBit: boolean;
}

export const SHAPE: TestShape = {
  blockSize: 1024,
  homeBlocks: 128,
  journalBlocks: 1024,
  checksums: true,
  sixtyFourBit: true,
};

const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

/** The journal lies in two pieces, the second half first, so that nothing works by accident. */
export function journalPlaces({ homeBlocks, journalBlocks }: TestShape): number[] {
  const half = journalBlocks / 2;
  return Array.from({ length: journalBlocks }, (_, index) =>
    index < half ? homeBlocks + half + index : homeBlocks + index - half,
  );
}

/** The journal's superblock as Documentation/filesystems/ext4/journal.rst lays it out, by hand. */
export function journalSuperblock(shape: TestShape, sequence = 1, head = 0): Uint8Array {
  const data = new Uint8Array(shape.blockSize);
  const view = new DataView(data.buffer);
  view.setUint32(0x0, 0xc03b3998);
  view.setUint32(0x4, 4);
  view.setUint32(0xc, shape.blockSize);
  view.setUint32(0x10, shape.journalBlocks);
  view.setUint32(0x14, 1);
  view.setUint32(0x18, sequence);
  view.setUint32(0x28, shape.checksums ? 0x10 : 0);
  data.set(UUID, 0x30);
  view.setUint32(0x40, 1);
  view.setUint32(0x58, head);
  if (shape.checksums) {
    view.setUint8(0x50, 4);
    view.setUint32(0xfc, crc32c(0xffffffff, data.subarray(0, 1024)));
  }
  return data;
}

export function makeTestDisk(shape: TestShape, sequence = 1, head = 0): MemoryDisk {
  const disk = new MemoryDisk((shape.homeBlocks + shape.journalBlocks) * shape.blockSize);
  const superblock = journalSuperblock(shape, sequence, head);
  disk.write(present(journalPlaces(shape)[0], 'place') * shape.blockSize, superblock);
  return disk;
}

/** Looks for none. */
export const NO_FAST_COMMITS: FastCommitReader = { add: () => false, found: false };

/** Opens, recovers and begins, as a mount does. */
export function openJournal(
  device: BlockDevice,
  shape: TestShape,
  scheduler = new Scheduler(),
  faults: ReadonlySet<string> = new Set(),
): { scheduler: Scheduler; cache: BufferCache; journal: Journal } {
  const cache = new BufferCache(device, shape.blockSize);
  let seconds = 1000;
  const journal = scheduler.run(
    'mount',
    Journal.open({
      scheduler,
      cache,
      blockSize: shape.blockSize,
      blocks: BlockRuns.of(...journalPlaces(shape).map((start) => ({ start, length: 1 }))),
      checksums: shape.checksums,
      transactionChecksums: shape.transactionChecksums === true,
      sixtyFourBit: shape.sixtyFourBit,
      fastCommits: false,
      uuid: UUID,
      faults,
      *abortNoticed() {
        // Nobody to tell.
      },
      now: () => ({ seconds: seconds++, nanoseconds: 5 }),
    }),
  );
  scheduler.run('recover', journal.recover(NO_FAST_COMMITS));
  scheduler.run('begin', journal.begin());
  return { scheduler, cache, journal };
}

/** A recording disk whose writes can be made to fail. */
export class RecordingDisk extends Recorder {
  /** Set to make the next writes fail. */
  failing: (sector: number) => boolean = () => false;

  override submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (bio.direction === 'write' && this.failing(bio.sector)) endIo('EIO');
    else super.submit(bio, endIo);
  }

  /** A disk after a power cut while the last of `count` writes was under way; of every sector that may be lost `keep` decides. */
  cut(count: number, keep: () => boolean): MemoryDisk {
    const cuts = new PowerCuts(this.start, this.writes);
    const point = Math.min(count, this.writes.length);
    const underWay = count <= this.writes.length;
    const lost = cuts.volatileAt(point, underWay).map((write): LostWrite => {
      const torn: SectorRange[] = [];
      const sectors = (this.writes[write]?.data.length ?? 0) / SECTOR_BYTES;
      for (let sector = 0; sector < sectors; sector++) if (!keep()) torn.push([sector, sector + 1]);
      return torn.length === sectors ? { write } : { write, torn };
    });
    return cuts.disk(underWay ? { point, underWay, lost } : { point, lost });
  }
}
