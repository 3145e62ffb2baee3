import type { Handle, HandleView, RwfFlag, TransferOptions } from '../../model/index.ts';
import type { Scene } from './scene.ts';

const READ_FLAGS: readonly [RwfFlag, ...RwfFlag[]] = ['nowait', 'nowait', 'dontcache', 'sync'];
const WRITE_FLAGS: readonly [RwfFlag, ...RwfFlag[]] = [
  'append',
  'append',
  'dsync',
  'sync',
  'dontcache',
  'dontcache',
  'nowait',
];

/** Bytes by which memory may lie off; a device takes multiples of 512 only. */
const MISALIGNMENTS: readonly [number, ...number[]] = [512, 512, 2048, 1, 4, 100, 4095];

const SECTOR_BYTES = 512;

/** Of 100 transfers past the cache, so many lie as a device wants them. */
const ALIGNED_PERCENT = 85;

/** How a transfer is called: mostly plainly. */
export function transferOptions(
  scene: Scene,
  chosen: HandleView | Handle,
  length: number,
  writes: boolean,
): TransferOptions {
  const { dice, swarm, unperformed } = scene;
  const { rwfPercent, bufferPercent } = swarm.transfers;
  if (rwfPercent + bufferPercent === 0) return PLAIN;
  const rwf = dice.percent(rwfPercent) ? { rwf: rwfFlags(scene, writes) } : {};
  if (!dice.percent(bufferPercent)) return rwf;
  switch (dice.below(3)) {
    case 0:
      return unperformed.has('pieces') || length < 2 ? rwf : { ...rwf, pieces: pieces(scene, length) };
    case 1:
      if (unperformed.has('fault')) return rwf;
      return { ...rwf, faultAt: dice.oneIn(4) ? 0 : SECTOR_BYTES * dice.below(1 + length / SECTOR_BYTES) };
    default: {
      const direct = typeof chosen !== 'string' && chosen.direct;
      if (unperformed.has('misaligned') || (!direct && !dice.oneIn(4))) return rwf;
      return { ...rwf, misaligned: dice.pick(MISALIGNMENTS) };
    }
  }
}

const PLAIN: TransferOptions = {};

function rwfFlags({ dice }: Scene, writes: boolean): readonly RwfFlag[] {
  const choices = writes ? WRITE_FLAGS : READ_FLAGS;
  const first = dice.pick(choices);
  const second = dice.pick(choices);
  return first === second || dice.oneIn(2) ? [first] : [first, second];
}

/** One, two or three pieces before the rest, which may have nothing left. */
function pieces({ dice }: Scene, length: number): number[] {
  const lengths: number[] = [];
  let left = length;
  for (let count = dice.between(1, 3); count > 0; count--) {
    const piece = dice.oneIn(3) ? Math.min(left, SECTOR_BYTES) : dice.below(left + 1);
    lengths.push(piece);
    left -= piece;
  }
  return lengths;
}

/** A place or a length as a device wants it, where the descriptor goes past the cache. */
export function asDeviceWants(scene: Scene, chosen: HandleView | Handle, bytes: number): number {
  if (typeof chosen === 'string' || !chosen.direct) return bytes;
  const { dice, boundaries } = scene;
  if (!dice.percent(ALIGNED_PERCENT)) return bytes;
  const unit = dice.oneIn(2) ? boundaries.blockBytes : SECTOR_BYTES;
  // A place just before the start rounds to minus zero, which no saved case can say.
  return Math.round(bytes / unit) * unit + 0;
}
