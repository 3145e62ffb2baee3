import { encodedLength } from './access-control-list.ts';
import { ACCESS_LIST, DEFAULT_LIST } from './extended-attributes.ts';
import { CAPABILITY, isSameValue } from './capability.ts';
import type { OperationOf } from './operation-of.ts';
import type { CapabilityValue, StoredValue } from './operation.ts';
import type { State } from './state.ts';

/** Names that a security module or another operating system may have its own idea of. */
const FOREIGN = /^(?:security\.(?:ima|evm|selinux|apparmor|SMACK64.*)|gnu\..*)$/s;

/** Half of a pair has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** More is no more E2BIG than one byte too many. */
const VALUE_BYTES_MAX = 1 << 20;

/** Bytes of vfs_cap_data in its two forms. */
const CAPABILITY_LENGTHS: readonly number[] = [20, 24];

/** Contents of so few bytes may be equal though their seeds differ, once in a while. */
const CHANCE_BYTES = 4;

/** Whether an attribute of this name is Linux's own affair. */
export function isKnownName(name: string): boolean {
  return !name.includes('\0') && !LONE_SURROGATE.test(name) && !FOREIGN.test(name);
}

/** Whether it is known what setting this attribute does. */
export function hasKnownAttribute(state: State, operation: OperationOf<'setxattr'>): boolean {
  const { name, value } = operation;
  if (!isKnownName(name)) return false;
  const isList = name === ACCESS_LIST || name === DEFAULT_LIST;
  if ('acl' in value) return isList && encodedLength(value.acl) <= VALUE_BYTES_MAX;
  if ('capability' in value) {
    return name === CAPABILITY && isCapability(value) && isKnownChange(oldOf(state, operation), value);
  }
  const { seed, length } = value;
  // An empty one may be set by everybody and read by nobody; bytes of the right number may be a valid one by chance.
  if (name === CAPABILITY && (length === 0 || CAPABILITY_LENGTHS.includes(length))) return false;
  if (!Number.isInteger(length) || length < 0 || length > VALUE_BYTES_MAX) return false;
  if (!Number.isSafeInteger(seed) || seed < 0) return false;
  return isList || length === 0 || isKnownChange(oldOf(state, operation), value);
}

interface OldValue {
  readonly stored: StoredValue;
  readonly elsewhere: boolean;
}

/** What the attribute is now; null when there is none, or nobody can see it. */
function oldOf(state: State, { path, name, nofollow }: OperationOf<'setxattr'>): OldValue | null {
  state.walk.touches = false;
  const inode = state.walk.resolve(path, nofollow !== true);
  state.walk.touches = true;
  if (typeof inode === 'string') return null;
  const stored = inode.xattrs?.get(name);
  return stored === undefined ? null : { stored, elsewhere: inode.elsewhere.has(name) };
}

/** The same value changes nothing, unless it lies in an inode of its own; and values of few bytes may be the same by chance. */
function isKnownChange(old: OldValue | null, value: StoredValue): boolean {
  if (old === null) return true;
  if (isSameValue(old.stored, value)) return !old.elsewhere;
  if ('capability' in value || 'capability' in old.stored) return true;
  return old.stored.length !== value.length || value.length >= CHANCE_BYTES;
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

const isCapability = ({ capability }: CapabilityValue): boolean =>
  isWord(capability.permitted) && isWord(capability.inheritable);
