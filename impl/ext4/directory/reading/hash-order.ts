import { isInline } from '../../inline/inline-data.ts';
import { inlineAsBlock } from '../../inline/inline-directory.ts';
import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import { badIndex } from '../bad-index.ts';
import { DOT_DOT_OFFSET } from '../block.ts';
import type { NameHash } from '../hash/directory-hash.ts';
import { isIndexed } from '../index-block.ts';
import { probe, readIndexRoot, readLeaf } from '../index-path.ts';
import { readDirectoryBlock } from '../io.ts';
import type { HashedNames } from './hashed-names.ts';

/** Where . and .. stand in an indexed directory, whatever their hashes are. */
const DOT_HASH: NameHash = { major: 0, minor: 0 };
const DOT_DOT_HASH: NameHash = { major: 2, minor: 0 };

/**
 * Reads into `names` those from `start` on that share a leaf, or the leaves over which one hash goes on (ext4_htree_fill_tree); none
 * where none follow. A directory without an index has one block here. Throws BadIndex.
 */
export function* readNamesFrom(dir: Inode, start: NameHash, names: HashedNames): Sleepable<void> {
  names.clear();
  names.makeRoom(dir.blockSize + 2 * DOT_DOT_OFFSET);
  if (isIndexed(dir)) yield* readIndexed(dir, start, names);
  else {
    const data = isInline(dir) ? yield* inlineAsBlock(dir) : (yield* readDirectoryBlock(dir, 0)).data;
    const { directoryHash } = dir.sb;
    names.addBlock(data, directoryHash, directoryHash.defaultVersion, start);
  }
  names.sort();
}

function* readIndexed(dir: Inode, start: NameHash, names: HashedNames): Sleepable<void> {
  const { directoryHash } = dir.sb;
  const root = yield* readIndexRoot(dir);
  const { data } = root.frame.buffer;
  names.addEntry(data.subarray(0, DOT_DOT_OFFSET), DOT_HASH, start);
  names.addEntry(data.subarray(DOT_DOT_OFFSET, 2 * DOT_DOT_OFFSET), DOT_DOT_HASH, start);
  const path = yield* probe(dir, root, start.major);
  let next: number | null;
  do {
    names.addBlock((yield* readLeaf(dir, path.leaf)).data, directoryHash, root.version, start);
    next = yield* path.next(null);
    // An odd hash: names with the even one stand in the leaf before and in this one.
  } while (next !== null && (names.count === 0 || next % 2 === 1));
  if (next !== null && next <= start.major) {
    badIndex(dir, 0, 'dx_entry', 'hash', next, `more than ${start.major}, which comes before`);
  }
  names.next = next;
}
