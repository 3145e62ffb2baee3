import type { FuseAnswer } from './answer.ts';
import { ENTRY_BYTES, putEntry, TYPE_NUMBER } from './attributes.ts';
import type { FuseConnection, Handler } from './connection.ts';
import * as message from './messages.ts';
import type { NodeTree, TreeDirectoryEntry, TreeEntry } from './node-tree.ts';
import { OPEN_ANSWER } from './protocol-numbers.ts';

/** Requests about open directories. Positions are those of the file system, good as long as the directory lasts. */

/** The kernel may keep what it was told of the names, until it changes something there itself. */
const CACHED = OPEN_ANSWER.keepCache | OPEN_ANSWER.cacheDirectory;

export const opendir: Handler = ({ tree, nodeOf, cache }, request, answer) => {
  const handle = tree.opendir(nodeOf(request.node));
  answer.put(message.openAnswer, { handle, openFlags: cache.kernelCache ? CACHED : 0 });
};

/** Bytes that an entry takes with a name of usual length: so many are read as will probably fit. */
const USUAL_ENTRY_BYTES = 48;

/** What is put before each entry; answers false when nothing more is wanted. */
interface Listing {
  /** Bytes before the entry itself. */
  readonly head: number;
  putHead(connection: FuseConnection, answer: FuseAnswer, step: TreeDirectoryEntry): void;
}

const NAMES: Listing = { head: 0, putHead: () => undefined };

/** With attributes: each answer tells of the inode as a look-up does, but for `.` and `..`. */
const NAMES_AND_ATTRIBUTES: Listing = {
  head: ENTRY_BYTES,
  putHead({ tree, cache }, answer, { name: bytes, ino }) {
    const name = tree.decodeName(bytes);
    const entry = name === '.' || name === '..' ? null : entryOf(tree, ino);
    if (entry === null) answer.putZeros(ENTRY_BYTES);
    else putEntry(answer, entry, cache.validity);
  },
};

/** An entry that leads to a damaged inode is listed all the same; who looks it up is told. */
function entryOf(tree: NodeTree, ino: number): TreeEntry | null {
  try {
    return tree.entryOf(ino);
  } catch (error) {
    if (tree.errnoOf(error) === null) throw error;
    return null;
  }
}

const list =
  (listing: Listing): Handler =>
  (connection, request, answer) => {
    const { tree } = connection;
    const { handle, position, size } = request.read(message.readdirRequest);
    const count = Math.max(1, Math.floor(size / (listing.head + USUAL_ENTRY_BYTES)));
    for (const step of tree.readdir(handle, position, count)) {
      const { name, ino, next, type } = step;
      const length = message.directoryEntry.size + name.length;
      const padding = -length & 7;
      if (answer.bodyLength + listing.head + length + padding > size) return;
      listing.putHead(connection, answer, step);
      answer.put(message.directoryEntry, { ino, next, nameLength: name.length, type: TYPE_NUMBER[type] });
      answer.putBytes(name);
      answer.putZeros(padding);
    }
  };

export const readdir = list(NAMES);
export const readdirplus = list(NAMES_AND_ATTRIBUTES);
