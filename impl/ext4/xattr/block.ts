import type { BufferHead } from '../../buffer/buffer-head.ts';
import { assert } from '../../lib/assert.ts';
import { BadChecksum, Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { xattrBlockChecksum } from '../integrity/checksum.ts';
import { XattrBlockSeal } from '../integrity/seals.ts';
import type { Inode } from '../inode/inode.ts';
import {
  EXT4_XATTR_MAGIC,
  EXT4_XATTR_REFCOUNT_MAX,
  XattrHeaderLayout,
  type RawXattrHeader,
} from '../layout/xattr.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { XattrArea } from './area.ts';
import { checkXattrArea } from './check.ts';
import { xattrBlockHash } from './hash.ts';

/** A block of attributes, which inodes with the same ones may share: a header, then an area. */

const HEADER_BYTES = XattrHeaderLayout.size;

/** A block's bytes, in the cache or about to become one. */
interface BlockBytes {
  readonly data: Uint8Array;
  readonly view: DataView;
}

export const blockHeader = ({ view }: BlockBytes): RawXattrHeader => XattrHeaderLayout.at(view);

export const blockArea = ({ data, view }: BlockBytes): XattrArea =>
  new XattrArea(data, view, { first: HEADER_BYTES, base: 0, end: data.length }, true);

/** A block without attributes that is nobody's yet. */
export function newBlockBytes(blockSize: number): BlockBytes {
  const data = new Uint8Array(blockSize);
  const bytes = { data, view: new DataView(data.buffer) };
  const header = blockHeader(bytes);
  header.magic = EXT4_XATTR_MAGIC;
  header.blocks = 1;
  header.refcount = 1;
  return bytes;
}

/** What a block holds, for one reference of its own. */
export function copyBlockBytes(buffer: BufferHead): BlockBytes {
  const data = buffer.data.slice();
  const bytes = { data, view: new DataView(data.buffer) };
  blockHeader(bytes).refcount = 1;
  return bytes;
}

/** Brings h_hash up to date after a change (ext4_xattr_rehash). */
export function rehash(bytes: BlockBytes): void {
  blockHeader(bytes).hash = xattrBlockHash(bytes.view, HEADER_BYTES);
}

/** The block of an inode that has one, checked (ext4_xattr_check_block). Throws Corruption, fails with EIO. */
export function* readXattrBlock(inode: Inode): Sleepable<BufferHead> {
  const { sb, xattrBlock } = inode;
  assert(xattrBlock !== 0, () => `inode ${inode.ino} has no block of attributes`);
  const buffer = yield* readCheckedBlock(sb, xattrBlock);
  rememberBlock(sb, buffer);
  return buffer;
}

/** A block of attributes by its number. Any count of references goes: kernels without a limit made more than EXT4_XATTR_REFCOUNT_MAX. */
export function* readCheckedBlock(sb: SuperBlock, block: number): Sleepable<BufferHead> {
  const buffer = yield* sb.cache.bread(block);
  const structure = `ext4_xattr_header of block ${block}`;
  const { magic, blocks } = blockHeader(buffer);
  if (magic !== EXT4_XATTR_MAGIC) throw new Corruption(structure, 'h_magic', magic, `${EXT4_XATTR_MAGIC}`);
  if (blocks !== 1) throw new Corruption(structure, 'h_blocks', blocks, '1');
  if (!buffer.verified) verify(sb, buffer, structure);
  return buffer;
}

function verify(sb: SuperBlock, buffer: BufferHead, structure: string): void {
  if (sb.hasChecksums) {
    const found = blockHeader(buffer).checksum;
    const expected = xattrBlockChecksum(sb.checksumSeed, buffer.block, buffer.data);
    if (found !== expected) throw new BadChecksum(structure, 'h_checksum', found, `${expected}`);
    buffer.seal = new XattrBlockSeal(sb.checksumSeed);
  }
  checkXattrArea(sb, blockArea(buffer), `ext4_xattr_header of block ${buffer.block}`);
  buffer.verified = true;
}

/** From now on others may find the block (ext4_xattr_block_cache_insert). With the hash 0 it is never shared. */
export function rememberBlock({ xattrCache }: SuperBlock, buffer: BufferHead): void {
  const { hash, refcount } = blockHeader(buffer);
  if (hash !== 0 && refcount < EXT4_XATTR_REFCOUNT_MAX) xattrCache.blocks.add(hash, buffer.block);
}

/** From now on nobody finds the block any more: it is about to change, or to go. */
export function forgetBlock({ xattrCache }: SuperBlock, buffer: BufferHead): void {
  xattrCache.blocks.delete(blockHeader(buffer).hash, buffer.block);
}

/** The same attributes with the same values (ext4_xattr_cmp)? Where the values lie does not count. */
export function sameXattrs(left: XattrArea, right: XattrArea): boolean {
  const others = right.entries();
  for (const entry of left.entries()) {
    const next = others.next();
    if (next.done === true) return false;
    const other = next.value;
    if (entry.hash !== other.hash || entry.nameIndex !== other.nameIndex) return false;
    if (entry.valueSize !== other.valueSize || entry.valueInode !== other.valueInode) return false;
    if (!sameBytes(left.nameAt(entry), right.nameAt(other))) return false;
    if (entry.valueInode === 0 && !sameBytes(left.valueAt(entry), right.valueAt(other))) return false;
  }
  return others.next().done === true;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
