/**
 * POSIX access control lists in memory (fs/posix_acl.c): what they mean, and what they have to do with permission bits.
 */
export const ACL_USER_OBJ = 0x01;
export const ACL_USER = 0x02;
export const ACL_GROUP_OBJ = 0x04;
export const ACL_GROUP = 0x08;
export const ACL_MASK = 0x10;
export const ACL_OTHER = 0x20;

export interface AclEntry {
  readonly tag: number;
  /** Bits 07. */
  readonly permissions: number;
  /** User or group of ACL_USER and ACL_GROUP; null for the other tags. */
  readonly id: number | null;
}

export type Acl = readonly AclEntry[];

const RWX = 0o7;
const S_IRWXUGO = 0o777;

export const isNamed = (tag: number): boolean => tag === ACL_USER || tag === ACL_GROUP;

/** The order that tags must come in; those of equal rank may repeat when they are named. */
const RANKS: Readonly<Record<number, number>> = {
  [ACL_USER_OBJ]: 0,
  [ACL_USER]: 1,
  [ACL_GROUP_OBJ]: 2,
  [ACL_GROUP]: 3,
  [ACL_MASK]: 4,
  [ACL_OTHER]: 5,
};

/** Are the entries complete, in order, and with a mask where one is needed (posix_acl_valid)? */
export function isValidAcl(acl: Acl): boolean {
  let last = -1;
  const seen = new Set<number>();
  for (const { tag, permissions } of acl) {
    const rank = RANKS[tag];
    if (rank === undefined || (permissions & ~RWX) !== 0) return false;
    if (rank < last || (rank === last && !isNamed(tag))) return false;
    last = rank;
    seen.add(tag);
  }
  if (!seen.has(ACL_USER_OBJ) || !seen.has(ACL_GROUP_OBJ) || !seen.has(ACL_OTHER)) return false;
  return seen.has(ACL_MASK) || !(seen.has(ACL_USER) || seen.has(ACL_GROUP));
}

/** Position of a tag's bits in a mode, or null for tags that have none. */
function shiftOf(tag: number, hasMask: boolean): number | null {
  if (tag === ACL_USER_OBJ) return 6;
  if (tag === ACL_OTHER) return 0;
  return tag === (hasMask ? ACL_MASK : ACL_GROUP_OBJ) ? 3 : null;
}

const hasMask = (acl: Acl): boolean => acl.some(({ tag }) => tag === ACL_MASK);

/** Does the list say no more than permission bits can (posix_acl_equiv_mode answers 0)? */
export const isMinimal = (acl: Acl): boolean => acl.every(({ tag }) => !isNamed(tag) && tag !== ACL_MASK);

/** `mode` with the permission bits of the list: the mask's for the group, where there is one. */
export function modeOfAcl(acl: Acl, mode: number): number {
  const masked = hasMask(acl);
  let bits = 0;
  for (const { tag, permissions } of acl) {
    const shift = shiftOf(tag, masked);
    if (shift !== null) bits |= (permissions & RWX) << shift;
  }
  return (mode & ~S_IRWXUGO) | bits;
}

/** The list with the permission bits of `mode` (__posix_acl_chmod_masq). */
export function aclWithMode(acl: Acl, mode: number): Acl {
  const masked = hasMask(acl);
  return acl.map((entry) => {
    const shift = shiftOf(entry.tag, masked);
    return shift === null ? entry : { ...entry, permissions: (mode >> shift) & RWX };
  });
}

/** The list of a new file below a directory with this default: what `mode` does not ask for goes (posix_acl_create_masq). */
export function aclForNew(acl: Acl, mode: number): Acl {
  const masked = hasMask(acl);
  return acl.map((entry) => {
    const shift = shiftOf(entry.tag, masked);
    return shift === null ? entry : { ...entry, permissions: entry.permissions & (mode >> shift) & RWX };
  });
}

/** Who asks: a user and its groups. */
interface Asker {
  readonly uid: number;
  isInGroup(gid: number): boolean;
}

/**
 * May `asker`, who does not own the file, do what the bits 07 of `wanted` say (posix_acl_permission)? `gid` is the
 * file's group. False where the list is incomplete, which the kernel calls EIO.
 */
export function aclGrants(acl: Acl, asker: Asker, gid: number, wanted: number): boolean {
  const grants = (permissions: number): boolean => (permissions & wanted) === wanted;
  const mask = acl.find(({ tag }) => tag === ACL_MASK)?.permissions ?? RWX;
  const user = acl.find(({ tag, id }) => tag === ACL_USER && id === asker.uid);
  if (user !== undefined) return grants(user.permissions & mask);
  const groups = acl.filter(
    ({ tag, id }) =>
      (tag === ACL_GROUP_OBJ && asker.isInGroup(gid)) ||
      (tag === ACL_GROUP && id !== null && asker.isInGroup(id)),
  );
  if (groups.length > 0) return groups.some(({ permissions }) => grants(permissions & mask));
  return grants(acl.find(({ tag }) => tag === ACL_OTHER)?.permissions ?? 0);
}
