import {
  encodeList,
  hasIds,
  encodedLength,
  equalLists,
  isMinimal,
  isValidList,
  modeBitsOf,
} from './access-control-list.ts';
import type { AccessControlList } from './access-control-list.ts';
import { isPrivileged, mayKeepSetgid } from './caller.ts';
import { CAPABILITY, encodeCapability, isSameValue, lengthOfStored } from './capability.ts';
import type { Inode } from './inode.ts';
import { utf8Length } from './limits.ts';
import { DONE, failure, success } from './outcome.ts';
import type { AclEntry, Content, Errno, Outcome, StoredValue, XattrValue } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { READ, WRITE, accessError, actsAsOwner } from './permission.ts';
import { withoutAttribute } from './privileges.ts';
import type { State } from './state.ts';
import { attributesFit, mayLieElsewhere, type Metadata } from './attribute-space.ts';

export const ACCESS_LIST = 'system.posix_acl_access';
export const DEFAULT_LIST = 'system.posix_acl_default';

/** The longest name of an extended attribute in bytes (XATTR_NAME_MAX) and the longest value (XATTR_SIZE_MAX). */
export const XATTR_NAME_BYTES_MAX = 255;
export const XATTR_VALUE_BYTES_MAX = 65536;

const SETGID = 0o2000;
const STICKY = 0o1000;
const PERMISSION_BITS = 0o777;
const LIST_HEADER_BYTES = 4;

/** Prefixes of names that ext4 has a handler for; the kernel goes through them in this order. */
const NAMESPACES = ['user.', 'trusted.', 'security.'] as const;

/** setxattr(2) and lsetxattr(2). ENOSPC is permitted where the value may not fit, or no block is left. */
export function setxattr(state: State, operation: OperationOf<'setxattr'>): Outcome {
  const { path, name, value, nofollow } = operation;
  const error = nameError(name) ?? (lengthOf(value) > XATTR_VALUE_BYTES_MAX ? 'E2BIG' : null);
  if (error !== null) return failure(error);
  const inode = state.walk.resolve(path, nofollow !== true);
  if (typeof inode === 'string') return failure(inode);
  state.used.xattrs = true;
  if (isListName(name)) return setList(state, inode, name, value);
  return setPlain(state, inode, operation);
}

/** removexattr(2) and lremovexattr(2). A list that is not there is removed without a word. */
export function removexattr(state: State, operation: OperationOf<'removexattr'>): Outcome {
  const { path, name, nofollow } = operation;
  const error = nameError(name);
  if (error !== null) return failure(error);
  const inode = state.walk.resolve(path, nofollow !== true);
  if (typeof inode === 'string') return failure(inode);
  if (isListName(name)) return replaceList(state, inode, name, null);
  const refused = writeError(state, inode, name) ?? namespaceError(name);
  if (refused !== null) return failure(refused);
  if (inode.xattrs?.has(name) !== true) return failure('ENODATA');
  if (state.ranOutOfSpace) return failure('ENOSPC');
  inode.xattrs = withoutAttribute(inode.xattrs, name);
  state.markChanged(inode);
  return DONE;
}

/** getxattr(2) and lgetxattr(2) with a buffer that every value fits into. */
export function getxattr(state: State, operation: OperationOf<'getxattr'>): Outcome {
  const { path, name, nofollow } = operation;
  const error = nameError(name);
  if (error !== null) return failure(error);
  const inode = state.walk.resolve(path, nofollow !== true);
  if (typeof inode === 'string') return failure(inode);
  if (isListName(name)) {
    if (inode.type === 'symlink') return failure('EOPNOTSUPP');
    const list = name === ACCESS_LIST ? inode.accessList : inode.defaultList;
    return list === null ? failure('ENODATA') : success({ kind: 'data', bytes: encodeList(list) });
  }
  const refused = readError(state, inode, name) ?? namespaceError(name);
  if (refused !== null) return failure(refused);
  const value = inode.xattrs?.get(name);
  if (value === undefined) return failure('ENODATA');
  if ('capability' in value) return success({ kind: 'data', bytes: encodeCapability(value) });
  const { seed, length } = value;
  return success({ kind: 'runs', runs: length === 0 ? [] : [{ kind: 'bytes', seed, start: 0, length }] });
}

/** listxattr(2) and llistxattr(2). Only root sees that there are trusted attributes. */
export function listxattr(state: State, operation: OperationOf<'listxattr'>): Outcome {
  const inode = state.walk.resolve(operation.path, operation.nofollow !== true);
  if (typeof inode === 'string') return failure(inode);
  const names = attributeNames(inode).filter(
    (name) => !name.startsWith('trusted.') || isPrivileged(state.caller),
  );
  return success({ kind: 'names', names });
}

/** All that an inode has, sorted. */
export function attributeNames({ xattrs, accessList, defaultList }: Inode): string[] {
  const names = xattrs === null ? [] : [...xattrs.keys()];
  if (accessList !== null) names.push(ACCESS_LIST);
  if (defaultList !== null) names.push(DEFAULT_LIST);
  return names.sort();
}

/** The value of an attribute: a stretch of a stream, or its bytes. */
export type XattrBytes = Content | Uint8Array;

/** All that an inode has, with what getxattr(2) answers; in the order of names. */
export function valuesOfXattrs(inode: Inode): ReadonlyMap<string, XattrBytes> {
  return new Map(attributeNames(inode).map((name) => [name, valueOf(inode, name)]));
}

function valueOf({ xattrs, accessList, defaultList }: Inode, name: string): XattrBytes {
  const list = name === ACCESS_LIST ? accessList : name === DEFAULT_LIST ? defaultList : null;
  if (list !== null) return encodeList(list);
  const value = xattrs?.get(name);
  if (value === undefined) throw new Error(`there is no attribute ${name}`);
  return 'capability' in value ? encodeCapability(value) : value;
}

/**
 * Whether the value may be refused although the device has room: it depends on how the attributes lie in the inode and
 * in its block.
 */
export function mayNotFit(state: State, { path, name, value, nofollow }: OperationOf<'setxattr'>): boolean {
  state.walk.touches = false;
  const inode = state.walk.resolve(path, nofollow !== true);
  state.walk.touches = true;
  if (typeof inode === 'string') return false;
  const wanted = metadataOf(inode);
  if (!isListName(name)) wanted.xattrs = new Map(inode.xattrs).set(name, storedValue(value));
  else if (!('acl' in value)) return false;
  else if (name === ACCESS_LIST) wanted.accessList = value.acl;
  else wanted.defaultList = value.acl;
  return attributesFit(state.options, wanted) !== 'unless-full';
}

const lengthOf = (value: XattrValue): number =>
  'acl' in value ? encodedLength(value.acl) : lengthOfStored(value);

/** A list under another name is so many bytes. */
const storedValue = (value: XattrValue): StoredValue =>
  'acl' in value ? { seed: 0, length: lengthOf(value) } : value;

const isListName = (name: string): boolean => name === ACCESS_LIST || name === DEFAULT_LIST;

/** What import_xattr_name says before the path is looked at. */
function nameError(name: string): Errno | null {
  return name.length === 0 || utf8Length(name) > XATTR_NAME_BYTES_MAX ? 'ERANGE' : null;
}

/** Whether there is a handler for the name (xattr_resolve_name); asked after all permissions. */
function namespaceError(name: string): Errno | null {
  const prefix = NAMESPACES.find((namespace) => name.startsWith(namespace));
  if (prefix === undefined) return 'EOPNOTSUPP';
  return name === prefix ? 'EINVAL' : null;
}

/** xattr_permission for reading: what is not for the caller is said not to be there. */
function readError(state: State, inode: Inode, name: string): Errno | null {
  if (name.startsWith('security.') || name.startsWith('system.')) return null;
  if (name.startsWith('trusted.')) return isPrivileged(state.caller) ? null : 'ENODATA';
  if (name.startsWith('user.') && inode.type !== 'file' && inode.type !== 'directory') return 'ENODATA';
  return accessError(state, inode, READ);
}

/** xattr_permission for writing, and what cap_inode_setxattr adds for security attributes. */
function writeError(state: State, inode: Inode, name: string): Errno | null {
  if (inode.flags.immutable || inode.flags.append) return 'EPERM';
  if (name.startsWith('system.')) return null;
  if (name.startsWith('security.') || name.startsWith('trusted.')) {
    return isPrivileged(state.caller) ? null : 'EPERM';
  }
  if (name.startsWith('user.')) {
    if (inode.type !== 'file' && inode.type !== 'directory') return 'EPERM';
    const sticky = inode.type === 'directory' && (inode.mode & STICKY) !== 0;
    if (sticky && !actsAsOwner(state, inode)) return 'EPERM';
  }
  return accessError(state, inode, WRITE);
}

/** What is no set of capabilities is none, before anybody is asked whether he may give them (cap_convert_nscap). */
function capabilityError(state: State, name: string, value: XattrValue): Errno | null {
  if (name !== CAPABILITY) return null;
  if (!('capability' in value)) return 'EINVAL';
  return isPrivileged(state.caller) ? null : 'EPERM';
}

/** A value that is the same changes nothing, not even ctime (ext4_xattr_value_same). */
function setPlain(state: State, inode: Inode, { name, value, flag }: OperationOf<'setxattr'>): Outcome {
  const refused =
    capabilityError(state, name, value) ?? writeError(state, inode, name) ?? namespaceError(name);
  if (refused !== null) return failure(refused);
  const old = inode.xattrs?.get(name);
  if (old === undefined && flag === 'replace') return failure('ENODATA');
  if (old !== undefined && flag === 'create') return failure('EEXIST');
  const content = storedValue(value);
  if (old !== undefined && isSameValue(old, content)) return DONE;
  const wanted = { ...metadataOf(inode), xattrs: new Map(inode.xattrs).set(name, content) };
  if (attributesFit(state.options, wanted) === 'never' || state.ranOutOfSpace) return failure('ENOSPC');
  inode.xattrs = wanted.xattrs;
  notePlace(inode, name, mayLieElsewhere(state.options, wanted));
  state.markChanged(inode);
  return DONE;
}

function notePlace(inode: Inode, name: string, elsewhere: boolean): void {
  if (inode.elsewhere.has(name) === elsewhere) return;
  const names = new Set(inode.elsewhere);
  if (elsewhere) names.add(name);
  else names.delete(name);
  inode.elsewhere = names;
}

const metadataOf = ({ xattrs, accessList, defaultList }: Inode): Metadata => ({
  xattrs,
  accessList,
  defaultList,
});

/** do_set_acl: what is no list fails before the inode is asked; a list without entries takes the old one away. */
function setList(state: State, inode: Inode, name: string, value: XattrValue): Outcome {
  if (!('acl' in value)) {
    const length = lengthOf(value);
    if (length === 0) return replaceList(state, inode, name, null);
    return failure(length < LIST_HEADER_BYTES ? 'EINVAL' : 'EOPNOTSUPP');
  }
  // Ids are looked at before the inode is, everything else about the list after all permissions (vfs_set_acl).
  if (!hasIds(value.acl)) return failure('EINVAL');
  return replaceList(state, inode, name, value.acl.length === 0 ? null : value.acl);
}

/** vfs_set_acl and vfs_remove_acl. */
function replaceList(state: State, inode: Inode, name: string, entries: readonly AclEntry[] | null): Outcome {
  if (inode.flags.immutable || inode.flags.append) return failure('EPERM');
  if (inode.type === 'symlink') return failure('EOPNOTSUPP');
  if (name === DEFAULT_LIST && inode.type !== 'directory') return entries === null ? DONE : failure('EACCES');
  if (!actsAsOwner(state, inode)) return failure('EPERM');
  if (entries !== null && !isValidList(entries)) return failure('EINVAL');
  const list = entries?.map(normalised) ?? null;
  return name === ACCESS_LIST ? setAccessList(state, inode, list) : setDefaultList(state, inode, list);
}

const normalised = ({ tag, permissions, id }: AclEntry): AclEntry =>
  id !== undefined && (tag === 'user' || tag === 'group') ? { tag, permissions, id } : { tag, permissions };

/** The mode follows the list; a list that says no more than a mode is none (posix_acl_update_mode). */
function setAccessList(state: State, inode: Inode, list: AccessControlList | null): Outcome {
  let { mode } = inode;
  if (list !== null) {
    mode = (mode & ~PERMISSION_BITS) | modeBitsOf(list);
    if (!mayKeepSetgid(state.caller, inode.gid)) mode &= ~SETGID;
  }
  const accessList = list === null || isMinimal(list) ? null : list;
  const sameList = sameLists(inode.accessList, accessList);
  if (!sameList) {
    const refused = listSpaceError(state, { ...metadataOf(inode), accessList });
    if (refused !== null) return refused;
  }
  if (sameList && mode === inode.mode) return DONE;
  inode.mode = mode;
  inode.accessList = accessList;
  state.markChanged(inode);
  return DONE;
}

function setDefaultList(state: State, inode: Inode, defaultList: AccessControlList | null): Outcome {
  if (sameLists(inode.defaultList, defaultList)) return DONE;
  const refused = listSpaceError(state, { ...metadataOf(inode), defaultList });
  if (refused !== null) return refused;
  inode.defaultList = defaultList;
  state.markChanged(inode);
  return DONE;
}

function listSpaceError(state: State, wanted: Metadata): Outcome | null {
  const fits = attributesFit(state.options, wanted);
  return fits === 'never' || state.ranOutOfSpace ? failure('ENOSPC') : null;
}

function sameLists(left: AccessControlList | null, right: AccessControlList | null): boolean {
  return left === right || (left !== null && right !== null && equalLists(left, right));
}
