import { isInline } from '../../inline/inline-data.ts';
import { inlineAsBlock } from '../../inline/inline-directory.ts';
import type { Sleepable } from '../../../sched/sleepable.ts';
import type { Inode } from '../../inode/inode.ts';
import { badIndex } from '../bad-index.ts';
import { DOT_DOT_OFFSET, entryAt, entryIn, entryIno, entryLength, type DirectoryEntry } from '../block.ts';
import type { NameHash } from '../hash/directory-hash.ts';
import { isIndexed } from '../index-block.ts';
import { probe, readIndexRoot, readLeaf } from '../index-path.ts';
import { readDirectoryBlock } from '../io.ts';

/** A name with its place in the order of hashes (struct fname). */
export interface HashedName {
  readonly hash: NameHash;
  readonly entry: DirectoryEntry;
}

/** A stretch of a directory in the order of hashes. */
export interface HashedNames {
  readonly names: readonly HashedName[];
  /** The major hash with which the next stretch begins, or null after the last. */
  readonly next: number | null;
}

/** Where . and .. stand in an indexed directory, whatever their hashes are. */
const DOT_HASH: NameHash = { major: 0, minor: 0 };
const DOT_DOT_HASH: NameHash = { major: 2, minor: 0 };

/** Is `left` before `right`? */
const isBefore = (left: NameHash, right: NameHash): boolean =>
  left.major < right.major || (left.major === right.major && left.minor < right.minor);

const byHash = (left: HashedName, right: HashedName): number =>
  left.hash.major - right.hash.major || left.hash.minor - right.hash.minor;

/**
 * The names from `start` on that share a leaf, or the leaves over which one hash goes on (ext4_htree_fill_tree); none where
 * none follow. A directory without an index has one block here. Throws BadIndex.
 */
export function* namesFrom(dir: Inode, start: NameHash): Sleepable<HashedNames> {
  const names: HashedName[] = [];
  if (!isIndexed(dir)) {
    const data = isInline(dir) ? yield* inlineAsBlock(dir) : (yield* readDirectoryBlock(dir, 0)).data;
    collect(dir, data, dir.sb.directoryHash.defaultVersion, start, names);
    return { names: names.sort(byHash), next: null };
  }
  const root = yield* readIndexRoot(dir);
  const { data } = root.frame.buffer;
  if (!isBefore(DOT_HASH, start)) names.push({ hash: DOT_HASH, entry: entryAt(data, 0) });
  if (!isBefore(DOT_DOT_HASH, start))
    names.push({ hash: DOT_DOT_HASH, entry: entryAt(data, DOT_DOT_OFFSET) });
  const path = yield* probe(dir, root, start.major);
  let next: number | null;
  do {
    collect(dir, (yield* readLeaf(dir, path.leaf)).data, root.version, start, names);
    next = yield* path.next(null);
    // An odd hash: names with the even one stand in the leaf before and in this one.
  } while (next !== null && (names.length === 0 || next % 2 === 1));
  if (next !== null && next <= start.major) {
    badIndex(dir, 0, 'dx_entry', 'hash', next, `more than ${start.major}, which comes before`);
  }
  return { names: names.sort(byHash), next };
}

/** The names of a leaf from `start` on (htree_dirblock_to_tree). */
function collect(dir: Inode, data: Uint8Array, version: number, start: NameHash, names: HashedName[]): void {
  const copy = data.slice();
  for (let at = 0; at < copy.length; at += entryLength(copy, at)) {
    if (entryIno(copy, at) === 0) continue;
    const entry = entryIn(copy, at);
    const hash = dir.sb.directoryHash.of(version, entry.name);
    if (!isBefore(hash, start)) names.push({ hash, entry });
  }
}
