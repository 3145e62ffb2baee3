import { mountMeasured, type MeasuredMount } from '../../targets/typescript/measured-mount.ts';
import type { Contest, Contestant, Lap, Scale, Suite } from '../contest.ts';
import { Pieces, timed } from '../pieces.ts';
import { BUFFERED } from './buffered.ts';
import { OTHER_WAYS } from './other-ways.ts';
import type { PathRound, PathWorkload } from './workload.ts';

const PATHS = ['buffer_head', 'iomap'] as const;

/** A device that has room for the file four times, so that a round need not wait for what the one before has freed. */
const DEVICE_FILES = 4;

/** Smaller devices have other defaults. */
const DEVICE_MIN_BYTES = 64 << 20;

/** Both buffered paths beside each other, and beside memory that is only copied. */
export const PATHS_SUITE: Suite = {
  name: 'paths',
  summary: "both paths of a file's bytes: the table of the patch series, and other ways to read and write",
  contests: (scale) =>
    [...BUFFERED, ...OTHER_WAYS].flatMap((workload) =>
      workload.sizes
        .filter((size) => size <= scale.fileBytes)
        .map((size) => contestOf(workload, size, scale)),
    ),
};

function contestOf(workload: PathWorkload, callBytes: number, { fileBytes }: Scale): Contest {
  return {
    name: `${workload.name} ${callBytes}`,
    sizeBytes: callBytes,
    unit: 'MiB/s',
    enter() {
      const shared = {
        fileBytes,
        callBytes,
        source: new Pieces(fileBytes, callBytes, 7),
        target: new Pieces(fileBytes, callBytes, 1),
        shuffled: shuffled(fileBytes / callBytes),
        names: [],
      };
      const sizeBytes = Math.max(DEVICE_MIN_BYTES, DEVICE_FILES * fileBytes);
      return [
        ...PATHS.map((path) => onPath({ ...workload.mount, path, sizeBytes }, workload, shared)),
        copying(shared),
      ];
    },
  };
}

interface Shared extends Omit<PathRound, 'fs'> {
  /** What the laps are called, known after the first round of a path. */
  names: readonly string[];
}

function onPath(mount: MeasuredMount, workload: PathWorkload, shared: Shared): Contestant {
  const fs = mountMeasured(mount);
  return {
    subject: mount.path,
    round() {
      const laps = workload.round({ ...shared, fs });
      shared.names = laps.map((lap) => lap.workload);
      return laps;
    },
    close: () => fs.unmount(),
  };
}

/** The limit: the same bytes, copied from one large array to another, for each lap that the paths have, which come first. */
function copying(shared: Shared): Contestant {
  const { fileBytes, source, target } = shared;
  const copy = (): void => {
    for (let index = 0; index < source.views.length; index++)
      (target.views[index] as Uint8Array).set(source.views[index] as Uint8Array);
  };
  return {
    subject: 'memcpy',
    round(): Lap[] {
      const ms = timed(copy);
      return shared.names.map((name) => ({ workload: name, amount: fileBytes, ms }));
    },
  };
}

/** The numbers below `count` in an order that is none: steps of a prime that does not divide it. */
function shuffled(count: number): number[] {
  const STEP = 7919;
  return Array.from({ length: count }, (_, index) => (index * STEP) % count);
}
