import { getAcl } from '../../ext4/acl/inode-acl.ts';
import { aclGrants } from '../../ext4/acl/posix-acl.ts';
import type { Inode } from '../../ext4/inode/inode.ts';
import { holdsXattrs } from '../../ext4/xattr/release.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Credentials } from './credentials.ts';

/** Granted or refused by an ACL; `none` where there is no ACL, and the permission bits decide. */
export type AclAnswer = 'granted' | 'refused' | 'none';

/**
 * What the access ACL of an inode says to a request of somebody who does not own it (check_acl). `wanted` is made of
 * MAY_READ, MAY_WRITE, MAY_EXEC.
 */
export function* aclAnswer(inode: Inode, caller: Credentials, wanted: number): Sleepable<AclAnswer> {
  if (!holdsXattrs(inode)) return 'none';
  const acl = yield* getAcl(inode, 'access');
  if (acl === null) return 'none';
  return aclGrants(acl, caller, inode.gid, wanted) ? 'granted' : 'refused';
}
