import { ENTRY_BYTES, putEntry } from './attributes.ts';
import type { Handler } from './connection.ts';
import type { Words } from './layout.ts';
import * as message from './messages.ts';
import type { NodeTree, TreeEntry } from './node-tree.ts';
import { PackedEntries, packedEntryBytes } from './packed-entries.ts';
import { OPEN_ANSWER } from './protocol-numbers.ts';

/** Requests about open directories. Positions are those of the file system, good as long as the directory lasts. */

/** The kernel may keep what it was told of the names, until it changes something there itself. */
const CACHED = OPEN_ANSWER.keepCache | OPEN_ANSWER.cacheDirectory;

export const opendir: Handler = ({ tree, nodeOf, cache }, request, answer) => {
  const handle = tree.opendir(nodeOf(request.node));
  answer.put(message.openAnswer, { handle, openFlags: cache.kernelCache ? CACHED : 0 });
};

/** Names only. */
export const readdir: Handler = ({ tree }, request, answer) => {
  const { handle, position, size } = request.read(message.readdirRequest);
  answer.keep(listInto(tree, handle, position, new PackedEntries(answer.space(size))));
};

/** How many entries a reader who begins is told the attributes of: he may want names only, and asks for more if he does not. */
const FIRST_ATTRIBUTES = 16;

/** With attributes: each answer tells of the inode as a look-up does, but for `.` and `..`. */
export const readdirplus: Handler = (connection, request, answer) => {
  const { tree, cache } = connection;
  const { handle, position, size } = request.read(message.readdirRequest);
  const entriesMax = position.high === 0 && position.low === 0 ? FIRST_ATTRIBUTES : Infinity;
  const packed = connection.scratch(size);
  const used = listInto(tree, handle, position, new PackedEntries(packed, ENTRY_BYTES, entriesMax));
  const view = new DataView(packed.buffer);
  for (let at = 0; at < used;) {
    const { ino, nameLength } = message.directoryEntry.read(view, at);
    const nameAt = at + message.directoryEntry.size;
    const name = packed.subarray(nameAt, nameAt + nameLength);
    const entry = isDots(name) ? null : entryOf(tree, ino);
    if (entry === null) answer.putZeros(ENTRY_BYTES);
    else putEntry(answer, entry, cache.validity);
    const end = at + packedEntryBytes(nameLength);
    answer.putBytes(packed.subarray(at, end));
    at = end;
  }
};

/** Answers the bytes of what was listed. */
function listInto(tree: NodeTree, handle: number, position: Words, entries: PackedEntries): number {
  entries.close(tree.readdir(handle, position, entries.take));
  return entries.used;
}

const DOT = 0x2e;

/** Is this `.` or `..`? */
const isDots = (name: Uint8Array): boolean => name.length <= 2 && name.every((byte) => byte === DOT);

/** An entry that leads to a damaged inode is listed all the same; who looks it up is told. */
function entryOf(tree: NodeTree, ino: number): TreeEntry | null {
  try {
    return tree.entryOf(ino);
  } catch (error) {
    if (tree.errnoOf(error) === null) throw error;
    return null;
  }
}
