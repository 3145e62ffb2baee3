import { Corruption } from '../../lib/corruption.ts';
import {
  DirectoryEntryLayout,
  DirectoryTailLayout,
  entryBytes,
  EXT4_FT_BLKDEV,
  EXT4_FT_CHRDEV,
  EXT4_FT_DIR,
  EXT4_FT_DIR_CSUM,
  EXT4_FT_FIFO,
  EXT4_FT_REG_FILE,
  EXT4_FT_SOCK,
  EXT4_FT_SYMLINK,
  EXT4_FT_UNKNOWN,
} from '../layout/directory.ts';

/**
 * One block of a directory (struct ext4_dir_entry_2): entries that cover the block without a gap, each with room for its
 * name and perhaps more. An entry whose inode is 0 is free. All offsets and lengths are bytes.
 */

/** Bytes of the pretended entry at the end of a leaf that holds the checksum. */
const TAIL_BYTES = DirectoryTailLayout.size;

const HEADER_BYTES = DirectoryEntryLayout.size;

/** Where the fields stand: whoever walks over every entry reads bytes, not through a view of each. */
const { recLen, nameLen, fileType: fileTypeField } = DirectoryEntryLayout.fields;
const REC_LEN = recLen.offset;
const NAME_LEN = nameLen.offset;
const FILE_TYPE = fileTypeField.offset;

/** EXT4_FT_* of a mode's file type, by its four bits (ext4_type_by_mode). */
const FILE_TYPES: readonly number[] = [
  0,
  EXT4_FT_FIFO,
  EXT4_FT_CHRDEV,
  0,
  EXT4_FT_DIR,
  0,
  EXT4_FT_BLKDEV,
  0,
  EXT4_FT_REG_FILE,
  0,
  EXT4_FT_SYMLINK,
  0,
  EXT4_FT_SOCK,
];

export const fileTypeOfMode = (mode: number): number => FILE_TYPES[(mode >> 12) & 0xf] ?? EXT4_FT_UNKNOWN;

const MINIMAL_BYTES = entryBytes(1);

/* eslint-disable @typescript-eslint/no-non-null-assertion --
   Offsets below come from a walk that stays inside the block, because every block is checked before it is used. */

export const entryIno = (data: Uint8Array, at: number): number =>
  (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)) >>> 0;

/** rec_len. 65,536 does not fit; both 65,535 and 0 mean it (ext4_rec_len_from_disk). */
export function entryLength(data: Uint8Array, at: number): number {
  const length = data[at + REC_LEN]! | (data[at + REC_LEN + 1]! << 8);
  return (length === 0 || length === 0xffff) && data.length === 0x10000 ? 0x10000 : length;
}

/**
 * Where the next entry begins. A block was checked when it was read; but one that a damaged bitmap gave to somebody else,
 * too, may have changed since (ext4_search_dir stops as well).
 */
export function nextEntry(data: Uint8Array, at: number): number {
  const length = entryLength(data, at);
  if (length > 0) return at + length;
  throw new Corruption(`ext4_dir_entry_2 at ${at}`, 'rec_len', 0, 'what it was: the block has another user');
}

export const entryNameLength = (data: Uint8Array, at: number): number => data[at + NAME_LEN]!;

export const entryFileType = (data: Uint8Array, at: number): number => data[at + FILE_TYPE]!;

/** Where the name of the entry at `at` begins. */
export const nameOffset = (at: number): number => at + HEADER_BYTES;

export const entryName = (data: Uint8Array, at: number): Uint8Array =>
  data.subarray(nameOffset(at), nameOffset(at) + entryNameLength(data, at));

/** What an entry says. Its name stays what it was, whatever becomes of the block. */
export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly ino: number;
  /** EXT4_FT_* */
  readonly fileType: number;
}

export const entryAt = (data: Uint8Array, at: number): DirectoryEntry => ({
  name: entryName(data, at).slice(),
  ino: entryIno(data, at),
  fileType: entryFileType(data, at),
});

export function setEntryIno(data: Uint8Array, at: number, ino: number): void {
  data[at] = ino;
  data[at + 1] = ino >>> 8;
  data[at + 2] = ino >>> 16;
  data[at + 3] = ino >>> 24;
}

export function setEntryFileType(data: Uint8Array, at: number, fileType: number): void {
  data[at + FILE_TYPE] = fileType;
}

export function setEntryLength(data: Uint8Array, at: number, length: number): void {
  const stored = length === 0x10000 ? 0xffff : length;
  data[at + REC_LEN] = stored;
  data[at + REC_LEN + 1] = stored >>> 8;
}

/** Writes a whole entry; `length` is its rec_len. */
function putEntry(
  data: Uint8Array,
  at: number,
  length: number,
  ino: number,
  fileType: number,
  name: Uint8Array,
): void {
  setEntryIno(data, at, ino);
  setEntryLength(data, at, length);
  data[at + NAME_LEN] = name.length;
  data[at + FILE_TYPE] = fileType;
  data.set(name, at + HEADER_BYTES);
}

/** Bytes of a leaf that are for entries. */
export const leafBytes = (data: Uint8Array, hasTail: boolean): number =>
  data.length - (hasTail ? TAIL_BYTES : 0);

/** Makes the block an empty leaf: one free entry, and a tail when the file system has checksums. */
export function initializeLeaf(data: Uint8Array, hasTail: boolean): void {
  data.fill(0);
  setEntryLength(data, 0, leafBytes(data, hasTail));
  if (hasTail) putTail(data);
}

/** Makes the block look like one free entry, behind which an inner node of an index hides. */
export function initializeNode(data: Uint8Array): void {
  data.fill(0);
  setEntryLength(data, 0, data.length);
}

/**
 * Makes the block a leaf with the entries that stand at `offsets` in `source`, in this order and without slack but for the
 * last. They must fit.
 */
export function fillLeaf(
  data: Uint8Array,
  source: Uint8Array,
  offsets: readonly number[],
  hasTail: boolean,
): void {
  initializeLeaf(data, hasTail);
  let at = 0;
  let last = 0;
  for (const from of offsets) {
    const length = entryBytes(entryNameLength(source, from));
    data.set(source.subarray(from, from + HEADER_BYTES + entryNameLength(source, from)), at);
    setEntryLength(data, at, length);
    last = at;
    at += length;
  }
  if (offsets.length > 0) setEntryLength(data, last, leafBytes(data, hasTail) - last);
}

/** Where the entries in use stand, from `from` on, in the order of the block. */
export function entryOffsets(data: Uint8Array, from: number): number[] {
  const offsets: number[] = [];
  for (let at = from; at < data.length; at = nextEntry(data, at)) {
    if (entryIno(data, at) !== 0) offsets.push(at);
  }
  return offsets;
}

/** Writes the tail without its checksum (ext4_initialize_dirent_tail). */
function putTail(data: Uint8Array): void {
  const at = data.length - TAIL_BYTES;
  data.fill(0, at);
  setEntryLength(data, at, TAIL_BYTES);
  setEntryFileType(data, at, EXT4_FT_DIR_CSUM);
}

const DOT = Uint8Array.of(0x2e);
const DOT_DOT = Uint8Array.of(0x2e, 0x2e);

/** Offset of the entry for .. in the first block. */
export const DOT_DOT_OFFSET = entryBytes(1);

/** Makes the block the first of a directory without other names (ext4_init_dirblock). `type` is EXT4_FT_DIR or none. */
export function initializeFirstBlock(
  data: Uint8Array,
  { ino, parentIno, type }: { readonly ino: number; readonly parentIno: number; readonly type: number },
  hasTail: boolean,
): void {
  data.fill(0);
  const rest = data.length - DOT_DOT_OFFSET - (hasTail ? TAIL_BYTES : 0);
  putEntry(data, 0, DOT_DOT_OFFSET, ino, type, DOT);
  putEntry(data, DOT_DOT_OFFSET, rest, parentIno, type, DOT_DOT);
  if (hasTail) putTail(data);
}

/** Do the first two entries say . (this directory) and .. (some directory)? */
export function hasDots(data: Uint8Array, ino: number): boolean {
  const second = entryLength(data, 0);
  if (!hasName(data, 0, DOT) || entryIno(data, 0) !== ino || second !== DOT_DOT_OFFSET) return false;
  return hasName(data, second, DOT_DOT) && entryIno(data, second) !== 0;
}

/** The same name at this entry? */
function hasName(data: Uint8Array, at: number, name: Uint8Array): boolean {
  if (data[at + NAME_LEN] !== name.length) return false;
  const start = at + HEADER_BYTES;
  for (let i = 0; i < name.length; i++) if (data[start + i] !== name[i]) return false;
  return true;
}

/** Offset of the entry with this name, or -1 (ext4_search_dir). */
export function findInBlock(data: Uint8Array, name: Uint8Array): number {
  for (let at = 0; at < data.length; at = nextEntry(data, at)) {
    if (hasName(data, at, name) && entryIno(data, at) !== 0) return at;
  }
  return -1;
}

/** Does the block hold an entry in use from `from` on? */
export function hasEntries(data: Uint8Array, from: number): boolean {
  for (let at = from; at < data.length; at = nextEntry(data, at)) if (entryIno(data, at) !== 0) return true;
  return false;
}

/** Bytes of an entry that its name does not need; all of them when it is free. The tail gives none. */
function slack(data: Uint8Array, at: number): number {
  const length = entryLength(data, at);
  if (entryIno(data, at) !== 0) return length - entryBytes(entryNameLength(data, at));
  return entryFileType(data, at) === EXT4_FT_DIR_CSUM && at === data.length - TAIL_BYTES ? 0 : length;
}

/** Offset of the first entry whose slack has room for a name of `nameLength` bytes, or -1 (ext4_find_dest_de). */
export function findRoom(data: Uint8Array, nameLength: number): number {
  const needed = entryBytes(nameLength);
  for (let at = 0; at < data.length; at = nextEntry(data, at)) if (slack(data, at) >= needed) return at;
  return -1;
}

/** The most bytes that one entry of the block could still give: bounds later searches for room. */
export function largestSlack(data: Uint8Array): number {
  let largest = 0;
  for (let at = 0; at < data.length; at = nextEntry(data, at)) largest = Math.max(largest, slack(data, at));
  return largest;
}

/** Puts an entry into the slack of the entry at `at`, which findRoom answered (ext4_insert_dentry). */
export function insertAt(
  data: Uint8Array,
  at: number,
  ino: number,
  fileType: number,
  name: Uint8Array,
): void {
  const length = entryLength(data, at);
  if (entryIno(data, at) === 0) {
    putEntry(data, at, length, ino, fileType, name);
    return;
  }
  const kept = entryBytes(entryNameLength(data, at));
  setEntryLength(data, at, kept);
  putEntry(data, at + kept, length - kept, ino, fileType, name);
}

/**
 * Removes the entry at `at`: its room goes to the entry before it, or it becomes free when it is the first
 * (ext4_generic_delete_entry, which also wipes the name).
 */
export function removeAt(data: Uint8Array, at: number): void {
  const length = entryLength(data, at);
  if (at === 0) {
    setEntryIno(data, 0, 0);
    data.fill(0, 6, length);
    return;
  }
  let previous = 0;
  for (let next = entryLength(data, 0); next < at; next = nextEntry(data, next)) previous = next;
  setEntryLength(data, previous, entryLength(data, previous) + length);
  data.fill(0, at, at + length);
}

/**
 * Checks every entry of a block that came from the disk (ext4_check_dir_entry). After it, a walk by rec_len stays inside
 * the block and ends at its end. `place` names the block in a finding.
 */
export function checkBlock(data: Uint8Array, inodes: number, hasTail: boolean, place: string): void {
  const size = data.length;
  for (let at = 0; at < size;) {
    const wrong = (field: string, found: number, expected: string): never => {
      throw new Corruption(`ext4_dir_entry_2 at ${at} of ${place}`, field, found, expected);
    };
    if (size - at < MINIMAL_BYTES) wrong('rec_len', size - at, 'an entry that ends at the end of the block');
    const length = entryLength(data, at);
    const end = at + length;
    const nameLength = entryNameLength(data, at);
    if (length < MINIMAL_BYTES) wrong('rec_len', length, `at least ${MINIMAL_BYTES}`);
    if (length % 4 !== 0) wrong('rec_len', length, 'a multiple of 4');
    if (length < entryBytes(nameLength)) wrong('rec_len', length, `room for a name of ${nameLength} bytes`);
    if (end > size) wrong('rec_len', length, `at most ${size - at}`);
    if (end !== size && end > size - MINIMAL_BYTES) wrong('rec_len', length, 'room for an entry after it');
    const ino = entryIno(data, at);
    if (ino > inodes) wrong('inode', ino, `at most ${inodes}`);
    if (ino !== 0 && nameLength === 0) wrong('name_len', 0, 'at least 1');
    at = end;
  }
  if (hasTail) checkTail(data, place);
}

/** The tail is in its place (get_dirent_tail), so no entry reaches into it. */
function checkTail(data: Uint8Array, place: string): void {
  const at = data.length - TAIL_BYTES;
  const found = [entryIno(data, at), entryLength(data, at), data[at + NAME_LEN]!, data[at + FILE_TYPE]!];
  const whole = found[0] === 0 && found[1] === TAIL_BYTES && found[2] === 0 && found[3] === EXT4_FT_DIR_CSUM;
  if (whole) return;
  throw new Corruption(
    `ext4_dir_entry_tail of ${place}`,
    'header',
    found.join(' '),
    `0 ${TAIL_BYTES} 0 ${EXT4_FT_DIR_CSUM}`,
  );
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */
