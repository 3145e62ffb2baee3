import { fail } from '../lib/errno.ts';
import { READY, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { Bio, BioStatus } from './bio.ts';

export interface BlockDevice {
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  /** Nothing can be written to it (bdev_read_only). */
  readonly readOnly?: boolean;
  /** Starts the transfer; `endIo` runs exactly once, perhaps before submit returns, in an order the device chooses. */
  submit(bio: Bio, endIo: (status: BioStatus) => void): void;
  /**
   * Nobody needs what these sectors hold (REQ_OP_DISCARD): the device may forget it. What was submitted before is done
   * first. Absent in a device that cannot.
   */
  discard?(sector: number, sectors: number): void;
}

/** Submits and sleeps until the transfer has ended (submit_bio_wait); fails with EIO. */
export function transfer(device: BlockDevice, bio: Bio): Sleepable<void> {
  const state: { ended: boolean; result: BioStatus } = { ended: false, result: null };
  device.submit(bio, (status) => {
    state.result = status;
    state.ended = true;
  });
  if (!state.ended) return waitForEnd(bio, state);
  if (state.result !== null) fail('EIO');
  return READY;
}

function* waitForEnd(
  bio: Bio,
  state: { readonly ended: boolean; readonly result: BioStatus },
): Sleepable<void> {
  yield* waitUntil(`${bio.direction} of sector ${bio.sector}`, () => state.ended);
  if (state.result !== null) fail('EIO');
}
