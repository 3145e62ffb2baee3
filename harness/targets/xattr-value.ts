import type { AclTag, CapabilityValue, XattrValue } from '../../model/index.ts';
import { contentBytes } from '../content.ts';

/** POSIX_ACL_XATTR_VERSION, and the bytes of struct posix_acl_xattr_header and _entry (linux/posix_acl_xattr.h). */
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;

/** ACL_UNDEFINED_ID */
const NOBODY = 0xffffffff;

/** ACL_USER_OBJ .. ACL_OTHER (linux/posix_acl.h). */
const TAGS: Readonly<Record<AclTag, number>> = {
  owner: 0x01,
  user: 0x02,
  'owning-group': 0x04,
  group: 0x08,
  mask: 0x10,
  others: 0x20,
};

/** VFS_CAP_REVISION_2, VFS_CAP_FLAGS_EFFECTIVE and the bytes of struct vfs_cap_data (linux/capability.h). */
const CAPABILITY_REVISION = 0x02000000;
const CAPABILITY_EFFECTIVE = 1;
const CAPABILITY_BYTES = 20;

/** The bytes that setxattr(2) is given: as described, or a list or a set of capabilities as user space hands it over. */
export function xattrBytes(value: XattrValue): Uint8Array {
  if ('capability' in value) return capabilityBytes(value);
  if (!('acl' in value)) return contentBytes(value);
  const bytes = new Uint8Array(HEADER_BYTES + value.acl.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  value.acl.forEach(({ tag, permissions, id = NOBODY }, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    view.setUint16(at, TAGS[tag], true);
    view.setUint16(at + 2, permissions, true);
    view.setUint32(at + 4, id, true);
  });
  return bytes;
}

function capabilityBytes({ capability }: CapabilityValue): Uint8Array {
  const bytes = new Uint8Array(CAPABILITY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CAPABILITY_REVISION + (capability.effective ? CAPABILITY_EFFECTIVE : 0), true);
  view.setUint32(4, capability.permitted, true);
  view.setUint32(8, capability.inheritable, true);
  return bytes;
}
