import { XATTR_INDEX } from '../layout/xattr.ts';
import { decodeName, encodeName } from '../directory/file-name.ts';
import { fail } from '../../lib/errno.ts';
import type { XattrName } from './area.ts';

/** Names of attributes as system calls spell them: a prefix for the index, then the rest (ext4_xattr_handlers). */

interface Prefix {
  readonly prefix: string;
  readonly index: number;
}

/** Those that have a handler: setxattr and getxattr take them, and listxattr shows them. */
const PREFIXES: readonly Prefix[] = [
  { prefix: 'user.', index: XATTR_INDEX.user },
  { prefix: 'trusted.', index: XATTR_INDEX.trusted },
  { prefix: 'security.', index: XATTR_INDEX.security },
  { prefix: 'gnu.', index: XATTR_INDEX.hurd },
];

export const ACL_ACCESS_NAME = 'system.posix_acl_access';
export const ACL_DEFAULT_NAME = 'system.posix_acl_default';

/** Shown by listxattr, but set and read as ACLs. */
const ACL_PREFIXES: readonly Prefix[] = [
  { prefix: ACL_ACCESS_NAME, index: XATTR_INDEX.aclAccess },
  { prefix: ACL_DEFAULT_NAME, index: XATTR_INDEX.aclDefault },
];

const LISTED = [...PREFIXES, ...ACL_PREFIXES];

/** xattr_resolve_name(): fails with EOPNOTSUPP for a prefix that nobody handles, EINVAL for nothing but a prefix. */
export function parseXattrName(text: string): XattrName {
  const handler = PREFIXES.find(({ prefix }) => text.startsWith(prefix)) ?? fail('EOPNOTSUPP');
  const rest = text.slice(handler.prefix.length);
  if (rest === '' || rest.includes('\0')) fail('EINVAL');
  return { index: handler.index, name: encodeName(rest) };
}

/** The name as listxattr shows it, or null for one that it keeps to itself (ext4_xattr_prefix). */
export function formatXattrName({ index, name }: XattrName, privileged: boolean): string | null {
  if (index === XATTR_INDEX.trusted && !privileged) return null;
  const handler = LISTED.find((each) => each.index === index);
  return handler === undefined ? null : handler.prefix + decodeName(name);
}
