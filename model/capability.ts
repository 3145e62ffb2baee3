import type { CapabilityValue, StoredValue } from './operation.ts';

/** The attribute that gives a program capabilities. */
export const CAPABILITY = 'security.capability';

/** VFS_CAP_REVISION_2 and VFS_CAP_FLAGS_EFFECTIVE (linux/capability.h). */
const REVISION_2 = 0x02000000;
const EFFECTIVE = 1;

/** Bytes of struct vfs_cap_data: the revision, and both sets in two halves. */
export const CAPABILITY_BYTES = 20;

/** Bytes of the value of an attribute. */
export const lengthOfStored = (value: StoredValue): number =>
  'capability' in value ? CAPABILITY_BYTES : value.length;

/** What getxattr(2) gives. */
export function encodeCapability({ capability }: CapabilityValue): Uint8Array {
  const bytes = new Uint8Array(CAPABILITY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, REVISION_2 + (capability.effective ? EFFECTIVE : 0), true);
  view.setUint32(4, capability.permitted, true);
  view.setUint32(8, capability.inheritable, true);
  return bytes;
}

/** Whether setting one over the other changes nothing. */
export function isSameValue(left: StoredValue, right: StoredValue): boolean {
  if (!('capability' in left)) {
    if ('capability' in right || left.length !== right.length) return false;
    return left.length === 0 || left.seed === right.seed;
  }
  if (!('capability' in right)) return false;
  const [one, other] = [left.capability, right.capability];
  return (
    one.permitted === other.permitted &&
    one.inheritable === other.inheritable &&
    one.effective === other.effective
  );
}
