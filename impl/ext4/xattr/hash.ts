import {
  XATTR_LIST_END_BYTES,
  XattrEntryLayout,
  xattrEntryBytes,
  xattrValueBytes,
  type RawXattrEntry,
} from '../layout/xattr.ts';

/** Hashes by which equal blocks of attributes are found, and by which e2fsck knows damage (the end of fs/ext4/xattr.c). */

const NAME_SHIFT = 5;
const VALUE_SHIFT = 16;
const BLOCK_SHIFT = 16;

const rotate = (hash: number, bits: number): number => (hash << bits) | (hash >>> (32 - bits));

/**
 * e_hash of a name and the words of its value. `signed` is how old kernels on some machines took the bytes of names:
 * as numbers -128 .. 127 (ext4_xattr_hash_entry_signed).
 */
export function xattrEntryHash(name: Uint8Array, words: Iterable<number>, signed = false): number {
  let hash = 0;
  for (const byte of name) hash = rotate(hash, NAME_SHIFT) ^ (signed ? (byte << 24) >> 24 : byte);
  for (const word of words) hash = rotate(hash, VALUE_SHIFT) ^ word;
  return hash >>> 0;
}

/** The words of a value with its padding, which lies at `offset` of a block. */
export function* valueWords(view: DataView, offset: number, size: number): Generator<number> {
  const end = offset + xattrValueBytes(size);
  for (let at = offset; at < end; at += 4) yield view.getUint32(at, true);
}

/** h_hash of a block whose entries begin at `first`: 0, which means never share it, when an entry has the hash 0. */
export function xattrBlockHash(view: DataView, first: number): number {
  const entry: RawXattrEntry = XattrEntryLayout.at(view, first);
  let hash = 0;
  while (entry.base + XATTR_LIST_END_BYTES <= view.byteLength && view.getUint32(entry.base, true) !== 0) {
    if (entry.hash === 0) return 0;
    hash = rotate(hash, BLOCK_SHIFT) ^ entry.hash;
    entry.base += xattrEntryBytes(entry.nameLength);
  }
  return hash >>> 0;
}
