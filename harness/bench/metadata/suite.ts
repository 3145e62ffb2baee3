import {
  fullJournalImage,
  madeAndUnmounted,
  mountMeasured,
  recoveredMs,
} from '../../targets/typescript/measured-mount.ts';
import type { Contest, Lap, Scale, Suite } from '../contest.ts';
import { timed } from '../pieces.ts';
import { directoryRound } from './directory-round.ts';

/** The default of the command line: an image of the size that `check` mostly runs on. */
const SMALL_IMAGE_BYTES = 16 << 20;

/** Room for the inodes and the directory blocks of so many files. */
const BYTES_PER_FILE = 4096;

const SUBJECT = 'twinpath';

/** Times that are too short for one of them to be measured by itself. */
const MOUNTS_PER_ROUND = 50;

/** Names, inodes, mounts: both paths are the same here. */
export const METADATA_SUITE: Suite = {
  name: 'metadata',
  summary: 'create, stat, readdir, rename, unlink; mkfs, mount, unmount; recovery of a full journal',
  contests: (scale) => [
    filesContest('one directory', scale, 1),
    filesContest('tree', scale, Math.ceil(Math.sqrt(scale.files))),
    mountsContest(),
    recoveryContest(),
  ],
};

function filesContest(name: string, { files }: Scale, directories: number): Contest {
  return {
    name,
    sizeBytes: null,
    unit: 'operations/s',
    enter() {
      const sizeBytes = SMALL_IMAGE_BYTES + files * BYTES_PER_FILE;
      const fs = mountMeasured({
        path: 'iomap',
        sizeBytes,
        blockSize: 4096,
        delalloc: true,
        inodes: 2 * files,
      });
      return [
        {
          subject: SUBJECT,
          round: () => directoryRound(fs, name, { files, directories, root: '' }),
          close: () => fs.unmount(),
        },
      ];
    },
  };
}

function mountsContest(): Contest {
  return {
    name: 'mounts',
    sizeBytes: null,
    unit: 'ms',
    enter: () => [{ subject: SUBJECT, round: mountsRound }],
  };
}

function mountsRound(): Lap[] {
  const total = { mkfs: 0, mount: 0, unmount: 0 };
  const ms = timed(() => {
    for (let count = 0; count < MOUNTS_PER_ROUND; count++) {
      const { mkfs, mount, unmount } = madeAndUnmounted(SMALL_IMAGE_BYTES);
      total.mkfs += mkfs;
      total.mount += mount;
      total.unmount += unmount;
    }
  });
  const lap = (workload: string, lapMs: number): Lap => ({ workload, amount: MOUNTS_PER_ROUND, ms: lapMs });
  return [
    lap('mkfs + mount + unmount', ms),
    lap('mkfs', total.mkfs),
    lap('mount', total.mount),
    lap('unmount', total.unmount),
  ];
}

function recoveryContest(): Contest {
  return {
    name: 'recovery',
    sizeBytes: null,
    unit: 'ms',
    enter() {
      const image = fullJournalImage();
      return [
        {
          subject: SUBJECT,
          round: () => [{ workload: 'recovery of a full journal', amount: 1, ms: recoveredMs(image) }],
        },
      ];
    },
  };
}
