import { Corruption } from '../../lib/corruption.ts';
import { fail } from '../../lib/errno.ts';
import { struct, u16, u32 } from '../../lib/struct.ts';
import { isNamed, type Acl, type AclEntry } from './posix-acl.ts';

/** The two ways to write an ACL down: ext4's on the disk, and the one of system calls. */

/** struct ext4_acl_header and ext4_acl_entry (fs/ext4/acl.h): entries without an id are four bytes shorter. */
const EXT4_ACL_VERSION = 1;
const SHORT_BYTES = 4;

/** struct posix_acl_xattr_header and posix_acl_xattr_entry (include/uapi/linux/posix_acl_xattr.h). */
const POSIX_ACL_XATTR_VERSION = 2;

const HeaderLayout = struct('acl_header', 'little', 4, { version: u32(0x0) });
const EntryLayout = struct('acl_entry', 'little', 8, { tag: u16(0x0), permissions: u16(0x2), id: u32(0x4) });

const HEADER_BYTES = HeaderLayout.size;
const ENTRY_BYTES = EntryLayout.size;

/** e_id of entries that have none; no user or group has this number. */
const ACL_UNDEFINED_ID = 0xffffffff;

const KNOWN_TAGS = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20];

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

/** ext4_acl_from_disk(): null for a list without entries. `place` names the inode in a finding. */
export function aclFromDisk(value: Uint8Array, place: string): Acl | null {
  const wrong = (field: string, found: number, expected: string): never => {
    throw new Corruption(`ext4_acl of ${place}`, field, found, expected);
  };
  if (value.length < HEADER_BYTES) wrong('size', value.length, `at least ${HEADER_BYTES}`);
  const view = viewOf(value);
  const { version } = HeaderLayout.at(view);
  if (version !== EXT4_ACL_VERSION) wrong('a_version', version, `${EXT4_ACL_VERSION}`);
  const acl: AclEntry[] = [];
  for (let at = HEADER_BYTES; at < value.length;) {
    if (value.length - at < SHORT_BYTES) wrong('size', value.length, 'whole entries');
    const entry = EntryLayout.at(view, at);
    const { tag, permissions } = entry;
    if (!KNOWN_TAGS.includes(tag)) wrong('e_tag', tag, 'a known tag');
    const bytes = isNamed(tag) ? ENTRY_BYTES : SHORT_BYTES;
    if (value.length - at < bytes) wrong('size', value.length, 'whole entries');
    acl.push({ tag, permissions, id: isNamed(tag) ? entry.id : null });
    at += bytes;
  }
  return acl.length === 0 ? null : acl;
}

/** ext4_acl_to_disk() */
export function aclToDisk(acl: Acl): Uint8Array {
  const length = acl.reduce((sum, { tag }) => sum + (isNamed(tag) ? ENTRY_BYTES : SHORT_BYTES), HEADER_BYTES);
  const value = new Uint8Array(length);
  const view = viewOf(value);
  HeaderLayout.at(view).version = EXT4_ACL_VERSION;
  let at = HEADER_BYTES;
  for (const { tag, permissions, id } of acl) {
    const entry = EntryLayout.at(view, at);
    entry.tag = tag;
    entry.permissions = permissions;
    if (id !== null) entry.id = id;
    at += id === null ? SHORT_BYTES : ENTRY_BYTES;
  }
  return value;
}

/** posix_acl_from_xattr(): null for a list without entries. Fails with EINVAL, EOPNOTSUPP. */
export function aclFromCall(value: Uint8Array): Acl | null {
  if (value.length < HEADER_BYTES) fail('EINVAL');
  const view = viewOf(value);
  if (HeaderLayout.at(view).version !== POSIX_ACL_XATTR_VERSION) fail('EOPNOTSUPP');
  if ((value.length - HEADER_BYTES) % ENTRY_BYTES !== 0) fail('EINVAL');
  const acl: AclEntry[] = [];
  for (let at = HEADER_BYTES; at < value.length; at += ENTRY_BYTES) {
    const { tag, permissions, id } = EntryLayout.at(view, at);
    if (!KNOWN_TAGS.includes(tag) || (isNamed(tag) && id === ACL_UNDEFINED_ID)) fail('EINVAL');
    acl.push({ tag, permissions, id: isNamed(tag) ? id : null });
  }
  return acl.length === 0 ? null : acl;
}

/** posix_acl_to_xattr() */
export function aclToCall(acl: Acl): Uint8Array {
  const value = new Uint8Array(HEADER_BYTES + acl.length * ENTRY_BYTES);
  const view = viewOf(value);
  HeaderLayout.at(view).version = POSIX_ACL_XATTR_VERSION;
  acl.forEach(({ tag, permissions, id }, index) => {
    const entry = EntryLayout.at(view, HEADER_BYTES + index * ENTRY_BYTES);
    entry.tag = tag;
    entry.permissions = permissions;
    entry.id = id ?? ACL_UNDEFINED_ID;
  });
  return value;
}
