import type { Dice } from './dice.ts';
import { drawWeights, type Weights } from './weighted-choice.ts';

/** Groups beside plain names, reads and writes. A run has a group or has it not; data stays the bulk. */
const GROUPS: readonly {
  readonly oneIn: number;
  readonly weights: Readonly<Record<string, number>>;
}[] = [
  { oneIn: 2, weights: { setxattr: 12, getxattr: 9, removexattr: 5, listxattr: 4 } },
  { oneIn: 2, weights: { mknod: 9, 'link-handle': 5 } },
  { oneIn: 4, weights: { setcreds: 6 } },
  { oneIn: 3, weights: { chattr: 5, lsattr: 3, 'set-project': 6 } },
  { oneIn: 2, weights: { fallocate: 14 } },
  { oneIn: 3, weights: { fiemap: 5, bmap: 2 } },
  { oneIn: 3, weights: { 'move-extent': 12 } },
  { oneIn: 4, weights: { freeze: 3, thaw: 18 } },
  { oneIn: 3, weights: { mkswap: 3, swapon: 4, swapoff: 8 } },
  { oneIn: 3, weights: { 'copy-file-range': 10, sendfile: 9 } },
  { oneIn: 3, weights: { mmap: 8, munmap: 2, load: 12, store: 14, msync: 3 } },
  { oneIn: 3, weights: { reclaim: 6, writeback: 8, trim: 2, reconfigure: 2 } },
  { oneIn: 4, weights: { readahead: 3, fadvise: 5, 'sync-file-range': 5, syncfs: 3 } },
];

const NONE = {
  'link-handle': 0,
  mknod: 0,
  setxattr: 0,
  getxattr: 0,
  removexattr: 0,
  listxattr: 0,
  setcreds: 0,
  chattr: 0,
  lsattr: 0,
  'set-project': 0,
  fallocate: 0,
  'move-extent': 0,
  fiemap: 0,
  bmap: 0,
  'copy-file-range': 0,
  sendfile: 0,
  readahead: 0,
  fadvise: 0,
  'sync-file-range': 0,
  syncfs: 0,
  mmap: 0,
  munmap: 0,
  load: 0,
  store: 0,
  msync: 0,
  reclaim: 0,
  writeback: 0,
  trim: 0,
  mkswap: 0,
  swapon: 0,
  swapoff: 0,
  freeze: 0,
  thaw: 0,
  reconfigure: 0,
};

export type GroupedName = keyof typeof NONE;

/** Adds the weights for one run to those of `drawn`. Groups in which one of `subjects` is are in each run. */
export function drawGroups(dice: Dice, drawn: Weights<string>, subjects: ReadonlySet<GroupedName>): void {
  for (const name in NONE) drawn.set(name, 0);
  for (const { oneIn, weights } of GROUPS) {
    const wanted = Object.keys(weights).some((name) => subjects.has(name as GroupedName));
    if (dice.oneIn(wanted ? 1 : oneIn)) drawWeights(dice, weights, 6, 2, drawn);
  }
}
