import { fail } from '../lib/errno.ts';
import { READY, waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { Bio, BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';

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
