import {
  XATTR_LIST_END_BYTES,
  XattrEntryLayout,
  xattrEntryBytes,
  xattrValueBytes,
  type RawXattrEntry,
} from '../layout/xattr.ts';
import { valueWords, xattrEntryHash } from './hash.ts';

/** An attribute's name as the disk has it: a number for its first part, and the bytes of the rest. */
export interface XattrName {
  /** XATTR_INDEX */
  readonly index: number;
  /** At most 255 bytes, without 0. */
  readonly name: Uint8Array;
}

/** A value in an inode of its own (the feature ea_inode). */
export interface ExternalValue {
  readonly ino: number;
  /** Bytes. */
  readonly size: number;
  /** crc32c of the value, which stands for it in the entry's hash. */
  readonly crc: number;
}

/** What an entry is given as its value: the bytes themselves, or where they are. */
export type XattrValue = Uint8Array | ExternalValue;

/** Where an attribute stands or, when it is not there, where it would go. */
export interface XattrSlot {
  /** Byte offset of the entry in the area's memory. */
  readonly at: number;
  readonly found: boolean;
}

/** Where a list of entries and its values lie in memory; byte offsets. */
interface AreaBounds {
  /** The first entry. */
  readonly first: number;
  /** What e_value_offs counts from. */
  readonly base: number;
  /** The first byte behind the area. */
  readonly end: number;
}

/**
 * A list of attributes in the memory of a block or of an inode (struct ext4_xattr_search): entries grow up from the
 * beginning, values down from the end. Everything here takes for granted that the area was checked (check.ts).
 */
export class XattrArea {
  readonly data: Uint8Array;
  readonly view: DataView;
  readonly bounds: AreaBounds;
  /** Blocks keep their entries in order and with hashes; inodes do not. */
  readonly isBlock: boolean;

  constructor(data: Uint8Array, view: DataView, bounds: AreaBounds, isBlock: boolean) {
    this.data = data;
    this.view = view;
    this.bounds = bounds;
    this.isBlock = isBlock;
  }

  isEnd(at: number): boolean {
    return this.view.getUint32(at, true) === 0;
  }

  get isEmpty(): boolean {
    return this.isEnd(this.bounds.first);
  }

  entry(at: number): RawXattrEntry {
    return XattrEntryLayout.at(this.view, at);
  }

  nameAt({ base, nameLength }: RawXattrEntry): Uint8Array {
    const start = base + XattrEntryLayout.size;
    return this.data.subarray(start, start + nameLength);
  }

  /** The bytes of a value that lies in the area; a view. */
  valueAt({ valueOffset, valueSize }: RawXattrEntry): Uint8Array {
    const start = this.bounds.base + valueOffset;
    return this.data.subarray(start, start + valueSize);
  }

  /** One entry after the other: the same object, moved along. */
  *entries(): Generator<RawXattrEntry> {
    const entry = this.entry(this.bounds.first);
    while (!this.isEnd(entry.base)) {
      const next = entry.base + xattrEntryBytes(entry.nameLength);
      yield entry;
      entry.base = next;
    }
  }

  /** xattr_find_entry() */
  find(wanted: XattrName): XattrSlot {
    let at = this.bounds.first;
    for (const entry of this.entries()) {
      const order = compare(wanted, entry.nameIndex, this.nameAt(entry));
      if (order === 0) return { at: entry.base, found: true };
      if (order < 0 && this.isBlock) return { at: entry.base, found: false };
      at = entry.base + xattrEntryBytes(entry.nameLength);
    }
    return { at, found: false };
  }

  /** Offset of the zeros behind the last entry. */
  get listEnd(): number {
    let at = this.bounds.first;
    while (!this.isEnd(at)) at += xattrEntryBytes(this.data[at] ?? 0);
    return at;
  }

  /** Lowest byte of a value, from `base` (min_offs); the area's length without values. */
  get lowestValue(): number {
    let lowest = this.bounds.end - this.bounds.base;
    for (const entry of this.entries()) {
      if (entry.valueInode === 0 && entry.valueSize > 0) lowest = Math.min(lowest, entry.valueOffset);
    }
    return lowest;
  }

  /** Bytes between the list and the values (ext4_xattr_free_space). */
  get free(): number {
    return this.bounds.base + this.lowestValue - this.listEnd - XATTR_LIST_END_BYTES;
  }

  /** Bytes that the value of the attribute in the slot takes in the area now. */
  #oldBytes({ at, found }: XattrSlot): number {
    if (!found) return 0;
    const entry = this.entry(at);
    return entry.valueInode === 0 ? xattrValueBytes(entry.valueSize) : 0;
  }

  /**
   * Is there room for the attribute with a value of `valueBytes`, padding included? With a `reserve`, so many bytes shall
   * stay for the entries of others, as long as the value could live elsewhere.
   */
  hasRoom(slot: XattrSlot, nameLength: number, valueBytes: number, reserve: number): boolean {
    const old = this.#oldBytes(slot);
    if (valueBytes > 0 && valueBytes === old) return true;
    const entryBytes = xattrEntryBytes(nameLength);
    const free = this.free + (slot.found ? entryBytes + old : 0);
    if (free < entryBytes + valueBytes) return false;
    return reserve === 0 || valueBytes === 0 || this.lowestValue + old - valueBytes >= reserve;
  }

  /** Gives the attribute its value; there is room (ext4_xattr_set_entry). */
  put(slot: XattrSlot, name: XattrName, value: XattrValue): void {
    const inline = value instanceof Uint8Array ? value : null;
    const size = inline === null ? (value as ExternalValue).size : inline.length;
    const padded = inline === null ? 0 : xattrValueBytes(size);
    if (padded === 0 || padded !== this.#oldBytes(slot)) {
      if (slot.found) this.#forgetValue(slot.at);
      else this.#insertEntry(slot.at, name);
      const entry = this.entry(slot.at);
      entry.valueInode = inline === null ? (value as ExternalValue).ino : 0;
      // The entry does not count yet: its size is 0.
      entry.valueOffset = padded === 0 ? 0 : this.lowestValue - padded;
    }
    const entry = this.entry(slot.at);
    entry.valueSize = size;
    if (inline !== null && size > 0) this.#writeValue(entry, inline, padded);
    entry.hash = this.#hash(entry, name.name, value);
  }

  #writeValue(entry: RawXattrEntry, value: Uint8Array, padded: number): void {
    const start = this.bounds.base + entry.valueOffset;
    this.data.set(value, start);
    this.data.fill(0, start + value.length, start + padded);
  }

  #hash(entry: RawXattrEntry, name: Uint8Array, value: XattrValue): number {
    if (!(value instanceof Uint8Array)) return xattrEntryHash(name, [value.crc]);
    if (!this.isBlock) return 0;
    return xattrEntryHash(name, valueWords(this.view, this.bounds.base + entry.valueOffset, entry.valueSize));
  }

  /** Removes an attribute that is there. */
  remove({ at }: XattrSlot): void {
    this.#forgetValue(at);
    const end = this.listEnd;
    const bytes = xattrEntryBytes(this.entry(at).nameLength);
    this.data.copyWithin(at, at + bytes, end + XATTR_LIST_END_BYTES);
    this.data.fill(0, end + XATTR_LIST_END_BYTES - bytes, end + XATTR_LIST_END_BYTES);
  }

  #insertEntry(at: number, { index, name }: XattrName): void {
    const bytes = xattrEntryBytes(name.length);
    this.data.copyWithin(at + bytes, at, this.listEnd + XATTR_LIST_END_BYTES);
    this.data.fill(0, at, at + bytes);
    const entry = this.entry(at);
    entry.nameIndex = index;
    entry.nameLength = name.length;
    this.data.set(name, at + XattrEntryLayout.size);
  }

  /** The entry has an empty value; the values below the old one move up to close the gap. */
  #forgetValue(at: number): void {
    const { base } = this.bounds;
    const entry = this.entry(at);
    const bytes = this.#oldBytes({ at, found: true });
    if (bytes > 0) {
      const offset = entry.valueOffset;
      const lowest = this.lowestValue;
      this.data.copyWithin(base + lowest + bytes, base + lowest, base + offset);
      this.data.fill(0, base + lowest, base + lowest + bytes);
      for (const other of this.entries()) {
        const below = other.valueInode === 0 && other.valueSize > 0 && other.valueOffset < offset;
        if (below) other.valueOffset += bytes;
      }
    }
    entry.valueInode = entry.valueOffset = entry.valueSize = 0;
  }
}

/** The order of a block's entries: index, length of the name, then its bytes. */
function compare({ index, name }: XattrName, otherIndex: number, other: Uint8Array): number {
  if (index !== otherIndex) return index - otherIndex;
  if (name.length !== other.length) return name.length - other.length;
  for (let i = 0; i < name.length; i++) {
    const difference = (name[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
