import type { Writer } from '../../ext4/data/write-checks.ts';
import type { Inode } from '../../ext4/inode/inode.ts';
import { modeAfterWrite } from './privilege-bits.ts';

/**
 * Who makes a system call (the part of struct cred that file systems ask for). User 0 has all capabilities, every other
 * user none. Each change of the caller makes a new object, as commit_creds() does: some rules ask for the very same.
 */
export class Credentials implements Writer {
  readonly uid: number;
  readonly gid: number;
  /** The supplementary groups. */
  readonly groups: ReadonlySet<number>;
  /** All capabilities: CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN, CAP_FSETID, CAP_MKNOD, CAP_LINUX_IMMUTABLE and the others. */
  readonly privileged: boolean;
  /** CAP_SYS_RESOURCE: what is reserved is there for him, and he may have data journalled. */
  readonly sysResource: boolean;
  readonly umask: number;

  constructor(
    uid: number,
    gid: number,
    groups: Iterable<number>,
    { privileged = uid === 0, umask = 0 }: { readonly privileged?: boolean; readonly umask?: number } = {},
  ) {
    this.uid = uid;
    this.gid = gid;
    this.groups = new Set(groups);
    this.privileged = privileged;
    this.sysResource = uid === 0;
    this.umask = umask;
  }

  /** in_group_p */
  isInGroup(gid: number): boolean {
    return gid === this.gid || this.groups.has(gid);
  }

  modeAfterWrite(inode: Inode): number {
    return modeAfterWrite(this, inode);
  }
}

export const superuser = (): Credentials => new Credentials(0, 0, []);

/** Whose permissions somebody else has checked already: nothing is refused to him but what is reserved for root. */
export const checkedCaller = (uid: number, gid: number, umask: number): Credentials =>
  new Credentials(uid, gid, [], { privileged: true, umask });
