import { fail } from '../lib/errno.ts';
import type { Credentials } from './permission/credentials.ts';

/** The attribute that gives a program capabilities (security/commoncap.c). Its value has a form that is checked. */
export const CAPABILITY_NAME = 'security.capability';

const REVISION_MASK = 0xff000000;
const REVISION_2 = 0x02000000;
const REVISION_3 = 0x03000000;

/** Bytes of vfs_cap_data, and of vfs_ns_cap_data, which ends with the user who is root. */
const REVISION_2_BYTES = 20;
const REVISION_3_BYTES = 24;

const word = (value: Uint8Array, offset: number): number =>
  new DataView(value.buffer, value.byteOffset, value.length).getUint32(offset, true);

function revisionOf(value: Uint8Array): 2 | 3 | null {
  if (value.length !== REVISION_2_BYTES && value.length !== REVISION_3_BYTES) return null;
  const revision = (word(value, 0) & REVISION_MASK) >>> 0;
  if (revision === REVISION_2 && value.length === REVISION_2_BYTES) return 2;
  return revision === REVISION_3 && value.length === REVISION_3_BYTES ? 3 : null;
}

/** cap_convert_nscap(): fails with EINVAL for what is no such value, EPERM without CAP_SETFCAP. */
export function checkCapability(caller: Credentials, value: Uint8Array): void {
  if (revisionOf(value) === null) fail('EINVAL');
  if (!caller.privileged) fail('EPERM');
}

/** cap_inode_getsecurity(): a value for the root of all users is shown in the older form. Fails with EINVAL. */
export function capabilityForCaller(value: Uint8Array): Uint8Array {
  const revision = revisionOf(value) ?? fail('EINVAL');
  if (revision === 2 || word(value, REVISION_2_BYTES) !== 0) return value;
  const older = value.slice(0, REVISION_2_BYTES);
  new DataView(older.buffer).setUint32(0, ((word(value, 0) & ~REVISION_MASK) | REVISION_2) >>> 0, true);
  return older;
}
