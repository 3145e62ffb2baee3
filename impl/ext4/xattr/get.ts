import { fail } from '../../lib/errno.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import type { XattrArea, XattrName } from './area.ts';
import { blockArea, readXattrBlock } from './block.ts';
import { readInodeXattrs } from './inode-area.ts';
import { holdsXattrs } from './release.ts';
import { readExternalValue } from './value-inode.ts';

/** Bytes of the longest value that a system call hands over (XATTR_SIZE_MAX). */
export const XATTR_SIZE_MAX = 65_536;

/**
 * The value of an attribute, a copy (ext4_xattr_get). Fails with ENODATA, and with E2BIG for one that no caller could
 * have set. Throws Corruption.
 */
export function* getXattr(inode: Inode, wanted: XattrName): Sleepable<Uint8Array> {
  return (yield* findXattr(inode, wanted)) ?? fail('ENODATA');
}

/** The same, null when the inode has no such attribute. */
export function* findXattr(inode: Inode, wanted: XattrName): Sleepable<Uint8Array | null> {
  if (!holdsXattrs(inode)) return null;
  yield* inode.xattrLock.read();
  try {
    const own = yield* readInodeXattrs(inode);
    const found = own === null ? null : yield* valueIn(inode, own, wanted);
    if (found !== null || inode.xattrBlock === 0) return found;
    return yield* valueIn(inode, blockArea(yield* readXattrBlock(inode)), wanted);
  } finally {
    inode.xattrLock.unlockRead();
  }
}

function* valueIn(inode: Inode, area: XattrArea, wanted: XattrName): Sleepable<Uint8Array | null> {
  const slot = area.find(wanted);
  if (!slot.found) return null;
  const entry = area.entry(slot.at);
  if (entry.valueSize > XATTR_SIZE_MAX) fail('E2BIG');
  return entry.valueInode === 0
    ? area.valueAt(entry).slice()
    : yield* readExternalValue(inode, wanted.name, entry);
}

/** The names of all attributes, first those in the inode (ext4_listxattr). Throws Corruption. */
export function* listXattrs(inode: Inode): Sleepable<XattrName[]> {
  if (!holdsXattrs(inode)) return [];
  yield* inode.xattrLock.read();
  try {
    const own = yield* readInodeXattrs(inode);
    const names = own === null ? [] : namesIn(own);
    if (inode.xattrBlock !== 0) names.push(...namesIn(blockArea(yield* readXattrBlock(inode))));
    return names;
  } finally {
    inode.xattrLock.unlockRead();
  }
}

function namesIn(area: XattrArea): XattrName[] {
  const names: XattrName[] = [];
  for (const entry of area.entries()) {
    names.push({ index: entry.nameIndex, name: area.nameAt(entry).slice() });
  }
  return names;
}
