import type { Handle } from '../../jbd2/handle.ts';
import { Corruption } from '../../lib/corruption.ts';
import { crc32c } from '../../lib/crc32c.ts';
import { highHalf, join, lowHalf } from '../../lib/struct.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { EXT4_EA_INODE_FL, EXT4_EXTENTS_FL, isRegular, S_IFREG, type Inode } from '../inode/inode.ts';
import { EXT4_XATTR_SIZE_MAX } from '../layout/xattr.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import type { ExternalValue } from './area.ts';
import { sameBytes } from './block.ts';
import { xattrEntryHash } from './hash.ts';

/**
 * Large values in inodes of their own (the feature ea_inode). Such an inode has no name. Its fields for times and version
 * hold other things: i_ctime and i_version together the count of entries that refer to it, i_atime the crc32c of the
 * value. At the count 0 it becomes an orphan, and its last reference in memory frees it.
 */

/** What an entry says about the inode of its value. */
export interface ValueReference {
  readonly valueInode: number;
  readonly valueSize: number;
  readonly hash: number;
}

const structureOf = ({ ino }: { readonly ino: number }): string =>
  `ext4_inode ${ino} of an attribute's value`;

const valueCrc = (inode: Inode): number => inode.atime.seconds >>> 0;

/** The inode is about to be freed: nobody shall find it any more (ext4_evict_ea_inode). */
export function forgetValueInode(inode: Inode): void {
  inode.sb.xattrCache.valueInodes.delete(valueCrc(inode), inode.ino);
}

/** The inode with one more reference (ext4_xattr_inode_iget). Throws Corruption unless it is one for a value. */
export function* openValueInode(owner: Inode, reference: ValueReference): Sleepable<Inode> {
  const ino = reference.valueInode;
  if (ino === owner.ino) throw new Corruption(structureOf({ ino }), 'number', ino, 'another than the owner');
  const inode = yield* owner.sb.inodes.getValue(ino);
  const wrong = problem(inode);
  if (wrong === null) {
    if (isLustre(inode, owner, reference)) setCount(inode, 1);
    return inode;
  }
  yield* owner.sb.inodes.put(inode);
  throw wrong;
}

function problem(inode: Inode): Corruption | null {
  const structure = structureOf(inode);
  const { flags, mode, links, size } = inode;
  if ((flags & EXT4_EA_INODE_FL) === 0 || !isRegular(mode)) {
    return new Corruption(structure, 'flags', flags, 'EXT4_EA_INODE_FL in a regular file');
  }
  if (links === 0) return new Corruption(structure, 'links_count', links, '1');
  if (inode.xattrBlock !== 0 || inode.xattrsInInode) {
    return new Corruption(structure, 'file_acl', inode.xattrBlock, 'no attributes of its own');
  }
  return size > EXT4_XATTR_SIZE_MAX
    ? new Corruption(structure, 'size', size, `at most ${EXT4_XATTR_SIZE_MAX}`)
    : null;
}

/** Sectors that an owner counts for a value, whether it shares the inode with others or not. */
export const valueSectors = ({ clusterSectors }: Inode, size: number): number =>
  Math.ceil(size / (clusterSectors * 512)) * clusterSectors;

/** Sectors that the owner has counted for the value of this entry: none in Lustre's way. */
export const countedSectors = (owner: Inode, value: Inode, entry: ValueReference): number =>
  isLustre(value, owner, entry) ? 0 : valueSectors(owner, entry.valueSize);

/** Lustre's way, older: no hashes and no count, but the number of the only owner in i_mtime. */
const isLustre = (inode: Inode, owner: Inode, { hash }: ValueReference): boolean =>
  hash !== valueCrc(inode) &&
  inode.mtime.seconds >>> 0 === owner.ino &&
  inode.generation === owner.generation;

/** The value that an entry refers to (ext4_xattr_inode_get). Throws Corruption unless size and hashes are right. */
export function* readExternalValue(
  owner: Inode,
  name: Uint8Array,
  reference: ValueReference,
): Sleepable<Uint8Array> {
  const { valueSize, hash } = reference;
  const inode = yield* openValueInode(owner, reference);
  try {
    if (inode.size !== valueSize) {
      throw new Corruption(structureOf(inode), 'size', inode.size, `${valueSize}, as its entry says`);
    }
    const value = yield* readValue(inode);
    if (!isLustre(inode, owner, reference)) verifyHashes(inode, value, name, hash);
    return value;
  } finally {
    yield* owner.sb.inodes.put(inode);
  }
}

function verifyHashes(inode: Inode, value: Uint8Array, name: Uint8Array, entryHash: number): void {
  const crc = crc32c(inode.sb.checksumSeed, value);
  if (crc !== valueCrc(inode)) {
    throw new Corruption(structureOf(inode), 'atime', valueCrc(inode), `${crc}, the crc32c of the value`);
  }
  const hash = xattrEntryHash(name, [crc]);
  if (entryHash === hash || entryHash === xattrEntryHash(name, [crc], true)) return;
  throw new Corruption(`ext4_xattr_entry of the value in inode ${inode.ino}`, 'e_hash', entryHash, `${hash}`);
}

function* readValue(inode: Inode): Sleepable<Uint8Array> {
  const { size, blockSize } = inode;
  const value = new Uint8Array(size);
  for (let at = 0; at < size; at += blockSize) {
    const logical = at / blockSize;
    const { type, physical } = yield* mapBlocks(null, inode, logical, 1, 'lookup');
    if (type !== 'written') {
      throw new Corruption(structureOf(inode), `block ${logical}`, type, 'a written block');
    }
    const { data } = yield* inode.sb.cache.bread(physical);
    value.set(data.subarray(0, Math.min(blockSize, size - at)), at);
  }
  return value;
}

/**
 * An inode that holds this value, with one reference more in its count and in memory: one that is there already, or a
 * new one (ext4_xattr_inode_lookup_create). The inode goes to `opened`. Fails with ENOSPC.
 */
export function* obtainExternalValue(
  handle: Handle,
  owner: Inode,
  value: Uint8Array,
  opened: Inode[],
): Sleepable<ExternalValue> {
  const { sb } = owner;
  const crc = crc32c(sb.checksumSeed, value);
  const known = yield* findValueInode(owner, value, crc);
  if (known !== null) {
    opened.push(known);
    yield* changeCount(handle, known, 1);
    return { ino: known.ino, size: value.length, crc };
  }
  const inode = yield* createValueInode(handle, owner, crc);
  opened.push(inode);
  try {
    yield* writeValue(handle, inode, value);
  } catch (error) {
    yield* changeCount(handle, inode, -1);
    throw error;
  }
  sb.xattrCache.valueInodes.add(crc, inode.ino);
  return { ino: inode.ino, size: value.length, crc };
}

/** ext4_xattr_inode_cache_find() */
function* findValueInode({ sb }: Inode, value: Uint8Array, crc: number): Sleepable<Inode | null> {
  for (const ino of sb.xattrCache.valueInodes.candidates(crc)) {
    const inode = yield* sb.inodes.getValue(ino);
    const same =
      (inode.flags & EXT4_EA_INODE_FL) !== 0 &&
      inode.size === value.length &&
      sameBytes(yield* readValue(inode), value);
    // While this task read, the last entry may have let the inode go.
    if (same && sb.xattrCache.valueInodes.has(crc, ino)) return inode;
    yield* sb.inodes.put(inode);
  }
  return null;
}

/** ext4_xattr_inode_create() */
function* createValueInode(handle: Handle, owner: Inode, crc: number): Sleepable<Inode> {
  const { inodes } = owner.sb;
  const inode = yield* inodes.create(
    handle,
    { dir: owner, name: null },
    S_IFREG | 0o600,
    owner.uid,
    owner.gid,
  );
  // Of what a directory hands down to new files nothing is meant for it.
  inode.flags = (inode.flags & EXT4_EXTENTS_FL) | EXT4_EA_INODE_FL;
  inode.mayInline = false;
  inode.links = 1;
  inode.atime = { seconds: crc, nanoseconds: 0 };
  setCount(inode, 1);
  yield* markInodeDirty(handle, inode);
  return inode;
}

/** The bytes go through the journal, as metadata (ext4_xattr_inode_write). */
function* writeValue(handle: Handle, inode: Inode, value: Uint8Array): Sleepable<void> {
  const { sb, blockSize } = inode;
  const blocks = Math.ceil(value.length / blockSize);
  for (let logical = 0; logical < blocks;) {
    const { physical, length } = yield* mapBlocks(handle, inode, logical, blocks - logical, 'create');
    for (let index = 0; index < length; index++) {
      const buffer = sb.cache.getblk(physical + index);
      yield* handle.getCreateAccess(buffer);
      const start = (logical + index) * blockSize;
      buffer.data.fill(0);
      buffer.data.set(value.subarray(start, start + blockSize));
      buffer.uptodate = true;
      buffer.seal = null;
      buffer.cached = null;
      handle.dirtyMetadata(buffer);
    }
    logical += length;
  }
  inode.size = inode.diskSize = value.length;
  yield* markInodeDirty(handle, inode);
}

const countOf = ({ ctime, version }: Inode): number => join(ctime.seconds >>> 0, version);

function setCount(inode: Inode, count: number): void {
  inode.ctime = { seconds: highHalf(count), nanoseconds: 0 };
  inode.version = lowHalf(count);
}

/** ext4_xattr_inode_update_ref(): credits for the inode, and two for the orphans where the count reaches or leaves 0. */
export function* changeCount(handle: Handle, inode: Inode, change: 1 | -1): Sleepable<void> {
  const { orphans } = inode.sb;
  const count = countOf(inode) + change;
  if (count < 0)
    throw new Corruption(structureOf(inode), 'count of references', count - change, 'at least 1');
  setCount(inode, count);
  if (change === 1 && count === 1) {
    inode.links = 1;
    yield* orphans.remove(handle, inode);
  } else if (count === 0) {
    inode.links = 0;
    yield* orphans.add(handle, inode);
  }
  yield* markInodeDirty(handle, inode);
}
