import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { honourSync } from '../inode/sync-flags.ts';
import { isDirectory, isSymlink, type Inode } from '../inode/inode.ts';
import { XATTR_INDEX } from '../layout/xattr.ts';
import type { XattrName } from '../xattr/area.ts';
import { newXattrCredits, xattrCredits } from '../xattr/credits.ts';
import { findXattr } from '../xattr/get.ts';
import { holdsXattrs, putAll } from '../xattr/release.ts';
import { setXattrUnder } from '../xattr/set.ts';
import { aclFromDisk, aclToDisk } from './format.ts';
import { aclForNew, aclWithMode, isMinimal, modeOfAcl, type Acl } from './posix-acl.ts';

/** The ACLs of inodes (fs/ext4/acl.c): attributes without a name of their own, and their part in the mode. */

export type AclType = 'access' | 'default';

const NAMES: Readonly<Record<AclType, XattrName>> = {
  access: { index: XATTR_INDEX.aclAccess, name: new Uint8Array(0) },
  default: { index: XATTR_INDEX.aclDefault, name: new Uint8Array(0) },
};

const S_ISGID = 0o2000;

/** ext4_get_acl(): null where there is none. Throws Corruption. */
export function* getAcl(inode: Inode, type: AclType): Sleepable<Acl | null> {
  const value = yield* findXattr(inode, NAMES[type]);
  return value === null ? null : aclFromDisk(value, `inode ${inode.ino}`);
}

/**
 * ext4_set_acl(): sets a valid list, or removes it. An access list gives the mode its permission bits, and is not kept
 * when those say it all; the set-group-ID bit goes unless `keepSetgid`. The caller holds i_rwsem. Fails with ENOSPC.
 */
export function* setAcl(inode: Inode, type: AclType, acl: Acl | null, keepSetgid: boolean): Sleepable<void> {
  yield* retryAfterCommit(inode.sb, () => setOnce(inode, type, acl, keepSetgid));
}

function* setOnce(inode: Inode, type: AclType, acl: Acl | null, keepSetgid: boolean): Sleepable<void> {
  const opened: Inode[] = [];
  const forMode = type === 'access' ? acl : null;
  const kept = forMode !== null && isMinimal(forMode) ? null : acl;
  const value = kept === null ? null : aclToDisk(kept);
  try {
    const handle = yield* inode.sb.journal.start(yield* xattrCredits(inode, value?.length ?? 0));
    honourSync(handle, inode);
    try {
      yield* setXattrUnder({ handle, inode, name: NAMES[type], opened }, value, {});
      if (forMode !== null) yield* setMode(handle, inode, modeOfAcl(forMode, inode.mode), keepSetgid);
    } finally {
      yield* handle.stop();
    }
  } finally {
    yield* putAll(opened);
  }
}

function* setMode(handle: Handle, inode: Inode, wanted: number, keepSetgid: boolean): Sleepable<void> {
  const mode = keepSetgid ? wanted : wanted & ~S_ISGID;
  if (mode === inode.mode) return;
  inode.mode = mode;
  inode.ctime = inode.sb.now;
  yield* markInodeDirty(handle, inode);
}

/** posix_acl_chmod(): the access list, where there is one, takes over the permission bits that the inode has got. */
export function* chmodAcl(inode: Inode): Sleepable<void> {
  if (!holdsXattrs(inode) || isSymlink(inode.mode)) return;
  const acl = yield* getAcl(inode, 'access');
  if (acl !== null) yield* setAcl(inode, 'access', aclWithMode(acl, inode.mode), true);
}

/** The default list that a new inode of this mode inherits from its directory, or null. */
export function* inheritedAcl(dir: Inode, mode: number): Sleepable<Acl | null> {
  return holdsXattrs(dir) && !isSymlink(mode) ? yield* getAcl(dir, 'default') : null;
}

/** Credits of applyInheritedAcl (ext4_xattr_credits_for_new_inode). */
export function inheritCredits(inode: Inode, acl: Acl | null): number {
  return acl === null ? 0 : 2 * newXattrCredits(inode.sb, aclToDisk(acl).length);
}

/**
 * ext4_init_acl(): a new inode loses the permission bits that the inherited list does not give, and gets a list where the
 * bits do not say it all; a directory hands the inherited one on. The caller puts `opened` after the handle, and marks
 * the inode dirty. Fails with ENOSPC.
 */
export function* applyInheritedAcl(
  handle: Handle,
  inode: Inode,
  inherited: Acl,
  opened: Inode[],
): Sleepable<void> {
  const acl = aclForNew(inherited, inode.mode);
  inode.mode = modeOfAcl(acl, inode.mode);
  const set = (type: AclType, value: Acl): Sleepable<void> =>
    setXattrUnder({ handle, inode, name: NAMES[type], opened }, aclToDisk(value), { create: true });
  if (isDirectory(inode.mode)) yield* set('default', inherited);
  if (!isMinimal(acl)) yield* set('access', acl);
}
