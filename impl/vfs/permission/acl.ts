import type { Inode } from '../../ext4/inode/inode.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Credentials } from './credentials.ts';

/** Granted or refused by an ACL; `none` where there is no ACL, and the permission bits decide. */
export type AclAnswer = 'granted' | 'refused' | 'none';

function* withoutAcl(): Sleepable<AclAnswer> {
  return 'none';
}

/**
 * What the access ACL of an inode says to a request of somebody who does not own it (check_acl). `wanted` is made of
 * MAY_READ, MAY_WRITE, MAY_EXEC. ACLs are not read yet.
 */
export const aclAnswer: (inode: Inode, caller: Credentials, wanted: number) => Sleepable<AclAnswer> =
  withoutAcl;
