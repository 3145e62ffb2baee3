import type { FileType, FlagChanges, FlagName } from './operation.ts';

/** The flags of an inode that chattr(1) sets and that do something, or are handed down. Never changed in place. */
export type InodeFlags = Readonly<Record<FlagName, boolean>>;

export const NO_FLAGS: InodeFlags = Object.freeze({
  immutable: false,
  append: false,
  sync: false,
  dirsync: false,
  noatime: false,
  nodump: false,
  journalData: false,
});

/** In the order in which they are shown. */
const NAMES = Object.keys(NO_FLAGS) as FlagName[];

export const flagNames = (flags: InodeFlags): FlagName[] => NAMES.filter((name) => flags[name]);

/** The flags that differ. */
export const changedFlags = (left: InodeFlags, right: InodeFlags): FlagName[] =>
  NAMES.filter((name) => left[name] !== right[name]);

/** The flags that are named change, the others stay. */
export function withChanges(flags: InodeFlags, changes: FlagChanges): InodeFlags {
  const changed = { ...flags };
  for (const name of NAMES) changed[name] = changes[name] ?? flags[name];
  return changed;
}

/** What only directories may have, and all that is neither file nor directory may have (ext4_mask_flags). */
const ONLY_OF_DIRECTORIES: readonly FlagName[] = ['dirsync'];
const OF_OTHERS: readonly FlagName[] = ['noatime', 'nodump'];

/** What a directory never hands down (EXT4_FL_INHERITED has the others). */
const KEPT: readonly FlagName[] = ['immutable', 'append'];

export function mayHaveFlag(type: FileType, name: FlagName): boolean {
  if (type === 'directory') return true;
  return type === 'file' ? !ONLY_OF_DIRECTORIES.includes(name) : OF_OTHERS.includes(name);
}

/** The flags that a new inode of this type has from its directory. */
export function inheritedFlags(directory: InodeFlags, type: FileType): InodeFlags {
  if (directory === NO_FLAGS) return NO_FLAGS;
  const inherited = { ...NO_FLAGS };
  for (const name of NAMES) {
    inherited[name] = directory[name] && !KEPT.includes(name) && mayHaveFlag(type, name);
  }
  return inherited;
}
