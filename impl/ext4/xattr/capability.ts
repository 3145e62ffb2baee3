import { READY, type Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { XATTR_INDEX } from '../layout/xattr.ts';
import type { XattrName } from './area.ts';
import { findXattr } from './get.ts';
import { holdsXattrs } from './release.ts';
import { setXattr } from './set.ts';

/** security.capability: what a program may do whoever runs it. */
const CAPABILITY: XattrName = {
  index: XATTR_INDEX.security,
  name: Uint8Array.from('capability', (letter) => letter.charCodeAt(0)),
};

/**
 * A program that is written to, cut or given away is a program to be trusted no more: it loses the attribute, by whoever's
 * hand (security_inode_killpriv). The caller holds i_rwsem. Fails with ENOSPC, EIO.
 */
export function dropCapability(inode: Inode): Sleepable<void> {
  if (inode.knownPlain) return READY;
  if (holdsXattrs(inode)) return lookAndDrop(inode);
  inode.knownPlain = true;
  return READY;
}

function* lookAndDrop(inode: Inode): Sleepable<void> {
  const value = yield* findXattr(inode, CAPABILITY);
  if (value !== null && value.length > 0) yield* setXattr(inode, CAPABILITY, null);
  inode.knownPlain = true;
}
