import { isInGroup } from './caller.ts';
import type { AclEntry, AclTag, Credentials } from './operation.ts';

/** A POSIX access control list that passed `isValidList`. Never changed in place. */
export type AccessControlList = readonly AclEntry[];

const PERMISSIONS_MAX = 7;
const PERMISSION_BITS = 0o777;

/** What may follow each tag; the list starts with the owner and ends with the others. */
const FOLLOWERS: Readonly<Record<AclTag, readonly AclTag[]>> = {
  owner: ['user', 'owning-group'],
  user: ['user', 'owning-group'],
  'owning-group': ['group', 'mask', 'others'],
  group: ['group', 'mask', 'others'],
  mask: ['others'],
  others: [],
};

/** posix_acl_valid, for a list that has its ids: the order of tags, one of each but users and groups, and a mask as soon as there is one of those. */
export function isValidList(entries: readonly AclEntry[]): boolean {
  if (entries[0]?.tag !== 'owner' || entries.at(-1)?.tag !== 'others') return false;
  let named = false;
  let masked = false;
  for (const [index, { tag, permissions }] of entries.entries()) {
    const before = entries[index - 1];
    if (before !== undefined && !FOLLOWERS[before.tag].includes(tag)) return false;
    if (permissions > PERMISSIONS_MAX) return false;
    named ||= isNamed(tag);
    masked ||= tag === 'mask';
  }
  return masked || !named;
}

/** Whether every user and every group has an id that is one. */
export function hasIds(entries: readonly AclEntry[]): boolean {
  return entries.every(({ tag, id }) => !isNamed(tag) || id !== undefined);
}

const isNamed = (tag: AclTag): boolean => tag === 'user' || tag === 'group';

/** The permission bits of a mode that say what the list says; the mask stands for the group (posix_acl_equiv_mode). */
export function modeBitsOf(list: AccessControlList): number {
  return (
    (permissionsOf(list, 'owner') << 6) |
    (permissionsOf(list, groupClassTag(list)) << 3) |
    permissionsOf(list, 'others')
  );
}

/** Whether a mode says all that the list says. */
export function isMinimal(list: AccessControlList): boolean {
  return list.every(({ tag }) => tag === 'owner' || tag === 'owning-group' || tag === 'others');
}

/** The list after chmod(2) (posix_acl_chmod). */
export function withModeBits(list: AccessControlList, mode: number): AccessControlList {
  const group = groupClassTag(list);
  return list.map((entry) => {
    if (entry.tag === 'owner') return { ...entry, permissions: (mode >> 6) & 7 };
    if (entry.tag === group) return { ...entry, permissions: (mode >> 3) & 7 };
    return entry.tag === 'others' ? { ...entry, permissions: mode & 7 } : entry;
  });
}

/**
 * The list that a new inode gets from its directory's default list, when it was asked for with `mode` (posix_acl_create):
 * neither side grants what the other does not.
 */
export function inheritedList(defaults: AccessControlList, mode: number): AccessControlList {
  return withModeBits(defaults, mode & modeBitsOf(defaults) & PERMISSION_BITS);
}

/** posix_acl_permission, for a caller that does not own the inode. */
export function allows(
  list: AccessControlList,
  caller: Credentials,
  owningGroup: number,
  want: number,
): boolean {
  const mask = list.find(({ tag }) => tag === 'mask')?.permissions ?? PERMISSIONS_MAX;
  const user = list.find(({ tag, id }) => tag === 'user' && id === caller.uid);
  if (user !== undefined) return (user.permissions & mask & want) === want;
  const groups = list.filter(
    ({ tag, id }) =>
      (tag === 'owning-group' && isInGroup(caller, owningGroup)) ||
      (tag === 'group' && id !== undefined && isInGroup(caller, id)),
  );
  if (groups.length === 0) return (permissionsOf(list, 'others') & want) === want;
  return groups.some(({ permissions }) => (permissions & mask & want) === want);
}

/** The tag that the group bits of a mode stand for. */
function groupClassTag(list: AccessControlList): AclTag {
  return list.some(({ tag }) => tag === 'mask') ? 'mask' : 'owning-group';
}

function permissionsOf(list: AccessControlList, wanted: AclTag): number {
  return list.find(({ tag }) => tag === wanted)?.permissions ?? 0;
}

export function equalLists(left: AccessControlList, right: AccessControlList): boolean {
  return (
    left.length === right.length &&
    left.every((entry, index) => {
      const other = right[index];
      return entry.tag === other?.tag && entry.permissions === other.permissions && entry.id === other.id;
    })
  );
}

const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const NO_ID = 2 ** 32 - 1;

const TAG_NUMBERS: Readonly<Record<AclTag, number>> = {
  owner: 0x01,
  user: 0x02,
  'owning-group': 0x04,
  group: 0x08,
  mask: 0x10,
  others: 0x20,
};

/** The bytes of a list's version 2 form: what getxattr(2) answers. */
export function encodedLength(entries: readonly AclEntry[]): number {
  return HEADER_BYTES + ENTRY_BYTES * entries.length;
}

/** The list as getxattr(2) answers it (struct posix_acl_xattr_header and its entries, little-endian). */
export function encodeList(entries: readonly AclEntry[]): Uint8Array {
  const bytes = new Uint8Array(encodedLength(entries));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  for (const [index, { tag, permissions, id = NO_ID }] of entries.entries()) {
    const offset = HEADER_BYTES + ENTRY_BYTES * index;
    view.setUint16(offset, TAG_NUMBERS[tag], true);
    view.setUint16(offset + 2, permissions, true);
    view.setUint32(offset + 4, isNamed(tag) ? id : NO_ID, true);
  }
  return bytes;
}

const SHORT_ENTRIES = 4;

/** The bytes that ext4 stores for a list (ext4_acl_size): only users and groups have an id, four entries always fit short. */
export function storedLength(list: AccessControlList): number {
  const count = list.length;
  return 4 + 4 * Math.min(count, SHORT_ENTRIES) + 8 * Math.max(0, count - SHORT_ENTRIES);
}
