import { aclFromCall, aclToCall } from '../ext4/acl/format.ts';
import { getAcl, setAcl, type AclType } from '../ext4/acl/inode-acl.ts';
import { isValidAcl, type Acl } from '../ext4/acl/posix-acl.ts';
import { nameBytes } from '../ext4/directory/file-name.ts';
import { isDirectory, isRegular, isSymlink, type Inode } from '../ext4/inode/inode.ts';
import { getXattr, listXattrs, XATTR_SIZE_MAX } from '../ext4/xattr/get.ts';
import {
  ACL_ACCESS_NAME,
  ACL_DEFAULT_NAME,
  formatXattrName,
  parseXattrName,
} from '../ext4/xattr/name-space.ts';
import { setXattr } from '../ext4/xattr/set.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { CAPABILITY_NAME, capabilityForCaller, checkCapability } from './capability-xattr.ts';
import { refuseChange } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import { resolve } from './path-walk.ts';
import type { Credentials } from './permission/credentials.ts';
import { checkPermission, isMember, isOwner, MAY_READ, MAY_WRITE } from './permission/permission.ts';
import type { Path } from './place.ts';
import type { XattrFlags } from './types.ts';

/** System calls on extended attributes (fs/xattr.c). The two names of ACLs go a way of their own. */

/** Bytes of the longest name, its prefix included. */
const XATTR_NAME_MAX = 255;

/** Bytes of the longest list of names. */
const XATTR_LIST_MAX = 65_536;

const S_ISVTX = 0o1000;

const aclType = (name: string): AclType | null =>
  name === ACL_ACCESS_NAME ? 'access' : name === ACL_DEFAULT_NAME ? 'default' : null;

/** import_xattr_name(): before the path is looked at. Fails with ERANGE. */
function checkName(name: string): void {
  const length = nameBytes(name);
  if (length === 0 || length > XATTR_NAME_MAX) fail('ERANGE');
}

/** setxattr(2), lsetxattr(2). */
export function* setxattr(
  context: KernelContext,
  path: Path,
  name: string,
  value: Uint8Array,
  flags: XattrFlags,
): Sleepable<void> {
  checkName(name);
  if (value.length > XATTR_SIZE_MAX) fail('E2BIG');
  yield* withInode(context, path, flags.nofollow !== true, (inode) =>
    setOn(context, inode, name, value, flags),
  );
}

function* setOn(
  context: KernelContext,
  inode: Inode,
  name: string,
  value: Uint8Array,
  flags: XattrFlags,
): Sleepable<void> {
  yield* context.wantWrite();
  const type = aclType(name);
  // An empty list is the same as none.
  if (type !== null) {
    const acl = value.length === 0 ? null : aclFromCall(value);
    return yield* changeAcl(context, inode, type, acl);
  }
  if (name === CAPABILITY_NAME && value.length > 0) checkCapability(context.caller, value);
  return yield* change(context, inode, name, value, flags);
}

/** removexattr(2), lremovexattr(2). Fails with ENODATA; a missing ACL is no error. */
export function* removexattr(
  context: KernelContext,
  path: Path,
  name: string,
  follow: boolean,
): Sleepable<void> {
  checkName(name);
  yield* withInode(context, path, follow, (inode) => removeFrom(context, inode, name));
}

function* removeFrom(context: KernelContext, inode: Inode, name: string): Sleepable<void> {
  yield* context.wantWrite();
  const type = aclType(name);
  if (type !== null) return yield* changeAcl(context, inode, type, null);
  return yield* change(context, inode, name, null, { replace: true });
}

/** getxattr(2), lgetxattr(2). */
export function* getxattr(
  context: KernelContext,
  path: Path,
  name: string,
  follow: boolean,
): Sleepable<Uint8Array> {
  checkName(name);
  return yield* withInode(context, path, follow, (inode) => getFrom(context, inode, name));
}

function* getFrom(context: KernelContext, inode: Inode, name: string): Sleepable<Uint8Array> {
  const type = aclType(name);
  if (type !== null) return yield* readAcl(inode, type);
  yield* checkAccess(context.caller, inode, name, MAY_READ);
  const value = yield* getXattr(inode, parseXattrName(name));
  return name === CAPABILITY_NAME ? capabilityForCaller(value) : value;
}

/** listxattr(2), llistxattr(2): the names in the order of the disk. Fails with E2BIG. */
export function* listxattr(context: KernelContext, path: Path, follow: boolean): Sleepable<string[]> {
  return yield* withInode(context, path, follow, (inode) => listOf(context.caller, inode));
}

function* listOf(caller: Credentials, inode: Inode): Sleepable<string[]> {
  const names: string[] = [];
  let bytes = 0;
  for (const each of yield* listXattrs(inode)) {
    const name = formatXattrName(each, caller.privileged);
    if (name === null) continue;
    names.push(name);
    bytes += nameBytes(name) + 1;
  }
  if (bytes > XATTR_LIST_MAX) fail('E2BIG');
  return names;
}

function* withInode<T>(
  context: KernelContext,
  path: Path,
  follow: boolean,
  use: (inode: Inode) => Sleepable<T>,
): Sleepable<T> {
  const inode = yield* resolve(context, path, follow);
  try {
    return yield* use(inode);
  } finally {
    yield* context.sb.inodes.put(inode);
  }
}

/** vfs_setxattr(), vfs_removexattr() */
function* change(
  context: KernelContext,
  inode: Inode,
  name: string,
  value: Uint8Array | null,
  flags: XattrFlags,
): Sleepable<void> {
  yield* inode.lock.write();
  try {
    yield* checkAccess(context.caller, inode, name, MAY_WRITE);
    yield* setXattr(inode, parseXattrName(name), value, flags);
  } finally {
    inode.lock.unlockWrite();
  }
}

/** xattr_permission(), and what the capabilities say about security attributes (cap_inode_setxattr). */
function* checkAccess(
  caller: Credentials,
  inode: Inode,
  name: string,
  wanted: typeof MAY_READ | typeof MAY_WRITE,
): Sleepable<void> {
  const writes = wanted === MAY_WRITE;
  if (writes) refuseChange(inode);
  if (name.startsWith('security.')) {
    if (writes && !caller.privileged) fail('EPERM');
  } else if (name.startsWith('trusted.')) {
    if (!caller.privileged) fail(writes ? 'EPERM' : 'ENODATA');
  } else if (!name.startsWith('system.')) {
    if (name.startsWith('user.')) refuseUserAttribute(caller, inode, writes);
    yield* checkPermission(caller, inode, wanted);
  }
}

/** Permission bits of links and devices mean nothing for attributes; those of a sticky directory are its owner's. */
function refuseUserAttribute(caller: Credentials, { mode, uid }: Inode, writes: boolean): void {
  if (!isRegular(mode) && !isDirectory(mode)) fail(writes ? 'EPERM' : 'ENODATA');
  const sticky = isDirectory(mode) && (mode & S_ISVTX) !== 0;
  if (writes && sticky && !caller.privileged && caller.uid !== uid) fail('EPERM');
}

/** vfs_set_acl(), set_posix_acl() */
function* changeAcl(context: KernelContext, inode: Inode, type: AclType, acl: Acl | null): Sleepable<void> {
  const { caller } = context;
  yield* inode.lock.write();
  try {
    refuseChange(inode);
    if (isSymlink(inode.mode)) fail('EOPNOTSUPP');
    if (type === 'default' && !isDirectory(inode.mode)) {
      if (acl !== null) fail('EACCES');
      return;
    }
    if (!isOwner(caller, inode)) fail('EPERM');
    if (acl !== null && !isValidAcl(acl)) fail('EINVAL');
    yield* setAcl(inode, type, acl, isMember(caller, inode.gid));
  } finally {
    inode.lock.unlockWrite();
  }
}

/** vfs_get_acl() */
function* readAcl(inode: Inode, type: AclType): Sleepable<Uint8Array> {
  if (isSymlink(inode.mode)) fail('EOPNOTSUPP');
  return aclToCall((yield* getAcl(inode, type)) ?? fail('ENODATA'));
}
