import { hasFeature } from '../format.ts';
import type { Setup } from '../setup.ts';
import type { GroupedName } from './group-weights.ts';

/** Features, and the operations that are done otherwise because of them. */
const SUBJECTS: Readonly<Record<string, GroupedName>> = {
  ea_inode: 'setxattr',
  bigalloc: 'fallocate',
  project: 'set-project',
};

/**
 * What a file system of this kind is there for: a format that is drawn seldom and then meets no operation that it is about shows
 * nothing.
 */
export function subjectsOf({ format, mount }: Setup): ReadonlySet<GroupedName> {
  const subjects = new Set<GroupedName>();
  if (mount.dax === true) subjects.add('mmap');
  for (const [feature, name] of Object.entries(SUBJECTS)) if (hasFeature(format, feature)) subjects.add(name);
  return subjects;
}

/** The same for directories of many names: how they are found is what the format says otherwise. */
export const isAboutNames = ({ format }: Setup): boolean =>
  format?.hash !== undefined ||
  format?.unsignedHash !== undefined ||
  hasFeature(format, 'large_dir') ||
  !hasFeature(format, 'dir_index');
