import type { FlagChanges, FlagName } from '../model/index.ts';

/** FS_IMMUTABLE_FL and the other bits of FS_IOC_GETFLAGS and FS_IOC_SETFLAGS (linux/fs.h), in the order of FlagName. */
const BITS: Readonly<Record<FlagName, number>> = {
  immutable: 0x10,
  append: 0x20,
  sync: 0x8,
  dirsync: 0x10000,
  noatime: 0x80,
  nodump: 0x40,
  journalData: 0x4000,
};

/** FS_EXTENT_FL. */
const EXTENTS = 0x80000;

const NAMES = Object.keys(BITS) as FlagName[];

/** The flags among these bits that the vocabulary knows. */
export const flagNamesOf = (bits: number): FlagName[] => NAMES.filter((name) => (bits & BITS[name]) !== 0);

/** Bits with some set and some cleared. */
export function changedFlagBits(bits: number, changes: FlagChanges): number {
  let changed = bits;
  for (const name of NAMES) {
    if (changes[name] === true) changed |= BITS[name];
    else if (changes[name] === false) changed &= ~BITS[name];
  }
  if (changes.extents === true) changed |= EXTENTS;
  else if (changes.extents === false) changed &= ~EXTENTS;
  return changed >>> 0;
}
