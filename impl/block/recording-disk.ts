import type { Bio, BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';
import type { MemoryDisk } from './memory-disk.ts';

/** A write as the device was asked for it; a bare flush has no data. */
export interface RecordedWrite {
  readonly sector: number;
  readonly data: Uint8Array;
  readonly preflush: boolean;
  readonly fua: boolean;
}

/**
 * A disk that remembers every write, flush and FUA in order, so that `PowerCuts` can say what could be on it had the power
 * gone at any moment. Transfers end at once, but what was written is durable only as flush and FUA say.
 */
export class RecordingDisk implements BlockDevice {
  readonly sectors: number;
  readonly writesZeroes: boolean;
  readonly writes: RecordedWrite[] = [];
  /** The disk before the first write. Whoever writes to it changes what is known of the past. */
  readonly start: MemoryDisk;
  readonly #now: MemoryDisk;

  /** Begins as what `disk` holds, and leaves that as it is. */
  constructor(disk: MemoryDisk, writesZeroes = false) {
    this.writesZeroes = writesZeroes;
    this.sectors = disk.sectors;
    this.start = disk.snapshot();
    this.#now = disk.snapshot();
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (bio.direction === 'write') this.writes.push(recorded(bio));
    this.#now.submit(bio, endIo);
  }

  /** The disk as it is now, with everything that was written. */
  snapshot(): MemoryDisk {
    return this.#now.snapshot();
  }
}

function recorded({ sector, segments, preflush, fua }: Bio): RecordedWrite {
  let length = 0;
  for (const segment of segments) length += segment.length;
  const data = new Uint8Array(length);
  let offset = 0;
  for (const segment of segments) {
    data.set(segment, offset);
    offset += segment.length;
  }
  return { sector, data, preflush, fua };
}
