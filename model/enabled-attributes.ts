import { encodedLength } from './access-control-list.ts';
import { attributesFit, type Metadata } from './attribute-space.ts';
import { ACCESS_LIST, DEFAULT_LIST } from './extended-attributes.ts';
import { CAPABILITY, lengthOfStored } from './capability.ts';
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
  const { path, name, value, nofollow } = operation;
  if (!isKnownName(name)) return false;
  const isList = name === ACCESS_LIST || name === DEFAULT_LIST;
  if ('acl' in value) return isList && encodedLength(value.acl) <= VALUE_BYTES_MAX;
  if ('capability' in value) return name === CAPABILITY && isCapability(value);
  const { seed, length } = value;
  // An empty one may be set by everybody and read by nobody; bytes of the right number may be a valid one by chance.
  if (name === CAPABILITY && (length === 0 || CAPABILITY_LENGTHS.includes(length))) return false;
  if (!Number.isInteger(length) || length < 0 || length > VALUE_BYTES_MAX) return false;
  if (!Number.isSafeInteger(seed) || seed < 0) return false;
  if (isList || length === 0) return true;
  state.walk.touches = false;
  const inode = state.walk.resolve(path, nofollow !== true);
  state.walk.touches = true;
  const old = typeof inode === 'string' ? undefined : inode.xattrs?.get(name);
  if (old === undefined || 'capability' in old) return true;
  if (old.length !== length || typeof inode === 'string') return true;
  return old.seed === seed ? isComparable(state, inode) : length >= CHANCE_BYTES;
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

const isCapability = ({ capability }: CapabilityValue): boolean =>
  isWord(capability.permitted) && isWord(capability.inheritable);

/** A value in an inode of its own is written anew although it is the same. */
function isComparable({ options }: State, inode: Metadata): boolean {
  if (!options.eaInode) return true;
  const small = (value: StoredValue): boolean => lengthOfStored(value) < options.blockSizeBytes / 2;
  return attributesFit(options, inode) === 'unless-full' && [...(inode.xattrs?.values() ?? [])].every(small);
}
