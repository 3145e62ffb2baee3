import type { BufferHead } from '../../../buffer/buffer-head.ts';
import type { Sleepable } from '../../../sched/sleepable.ts';
import { isInline } from '../../inline/inline-data.ts';
import { inlineAsBlock } from '../../inline/inline-directory.ts';
import type { Inode } from '../../inode/inode.ts';
import { badIndex } from '../bad-index.ts';
import { DOT_DOT_OFFSET } from '../block.ts';
import type { NameHash } from '../hash/directory-hash.ts';
import { isIndexed } from '../index-block.ts';
import { probe, readIndexRoot, readLeaf, type IndexRoot } from '../index-path.ts';
import { readDirectoryBlock } from '../io.ts';
import { HashedNames } from './hashed-names.ts';

/** Where . and .. stand in an indexed directory, whatever their hashes are. */
const DOT_HASH: NameHash = { major: 0, minor: 0 };
const DOT_DOT_HASH: NameHash = { major: 2, minor: 0 };

/**
 * Those names from `start` on that share a leaf, or the leaves over which one hash goes on (ext4_htree_fill_tree); none where none
 * follow. A directory without an index has one block here. Throws BadIndex.
 */
export function* readNamesFrom(dir: Inode, start: NameHash): Sleepable<HashedNames> {
  if (isIndexed(dir)) return yield* readIndexed(dir, start);
  if (isInline(dir)) return namesOfBlock(dir, yield* inlineAsBlock(dir), start);
  const buffer = yield* readDirectoryBlock(dir, 0);
  const known = namesKept(buffer, start);
  if (known !== null) return known;
  const names = namesOfBlock(dir, buffer.data, start);
  buffer.cached = names;
  return names;
}

/** What was hashed and put in order before is kept with its leaf, until that changes: to read a directory again takes half the time. */
function namesKept({ cached }: BufferHead, start: NameHash): HashedNames | null {
  return cached instanceof HashedNames && cached.beginsAt(start) ? cached : null;
}

function namesOfBlock(dir: Inode, data: Uint8Array, start: NameHash): HashedNames {
  const { directoryHash } = dir.sb;
  const names = new HashedNames(start, data.length);
  names.addBlock(data, directoryHash, directoryHash.defaultVersion);
  names.sort();
  return names;
}

function* readIndexed(dir: Inode, start: NameHash): Sleepable<HashedNames> {
  const root = yield* readIndexRoot(dir);
  const path = yield* probe(dir, root, start.major);
  const leaf = yield* readLeaf(dir, path.leaf);
  const known = namesKept(leaf, start);
  const names = known ?? namesOfLeaf(dir, root, leaf, start);
  names.next = yield* path.next(null);
  if (known === null) {
    // The entries of the root are no part of a leaf, and change without it.
    const isOneLeaf = start.major > DOT_DOT_HASH.major && !goesOn(names);
    while (goesOn(names)) {
      names.addBlock((yield* readLeaf(dir, path.leaf)).data, dir.sb.directoryHash, root.version);
      names.next = yield* path.next(null);
    }
    names.sort();
    if (isOneLeaf) leaf.cached = names;
  }
  if (names.next !== null && names.next <= start.major) {
    badIndex(dir, 0, 'dx_entry', 'hash', names.next, `more than ${start.major}, which comes before`);
  }
  return names;
}

/** Not in order yet. */
function namesOfLeaf(dir: Inode, root: IndexRoot, leaf: BufferHead, start: NameHash): HashedNames {
  const { data } = root.frame.buffer;
  const names = new HashedNames(start, dir.blockSize + 2 * DOT_DOT_OFFSET);
  names.addEntry(data.subarray(0, DOT_DOT_OFFSET), DOT_HASH);
  names.addEntry(data.subarray(DOT_DOT_OFFSET, 2 * DOT_DOT_OFFSET), DOT_DOT_HASH);
  names.addBlock(leaf.data, dir.sb.directoryHash, root.version);
  return names;
}

/** Is there more in the next leaf? An odd hash says that names with the even one stand in the leaf before and in this one. */
const goesOn = ({ next, count }: HashedNames): boolean => next !== null && (count === 0 || next % 2 === 1);
