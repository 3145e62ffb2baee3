import { entryFileType, entryIno, entryNameLength, nameOffset } from '../ext4/directory/block.ts';
import { decodeName } from '../ext4/directory/file-name.ts';
import { cookieOfOffset, COOKIES_32, COOKIES_64, offsetOfCookie } from '../ext4/directory/reading/cookie.ts';
import type { DirectoryCookie } from '../ext4/directory/reading/cookie.ts';
import { DirectoryReader } from '../ext4/directory/reading/reader.ts';
import { storedType } from '../ext4/directory/stored-type.ts';
import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { EXT4_FT_DIR } from '../ext4/layout/directory.ts';
import { touchAccessTime } from './access-time.ts';
import type { KernelContext } from './kernel-context.ts';
import { open } from './open-call.ts';
import type { OpenFile } from './open-file.ts';
import type { Path } from './place.ts';
import { typeOfEntry } from './query-calls.ts';
import type { DirectoryStep } from './types.ts';

/** System calls that read a directory step by step. */

/**
 * Takes an entry: its name are the `nameLength` bytes at `nameAt` of a block, which is what it is until this answers; `type` is DT_* of
 * dirent(3); its position are the words `high` and `low`. Answers false because it has no room, and gets no more then. Many entries are
 * read at once, and an object for each would take longer than all else.
 */
export type TakeEntry = (
  block: Uint8Array,
  nameAt: number,
  nameLength: number,
  ino: number,
  type: number,
  high: number,
  low: number,
) => boolean;

/** opendir(3): a descriptor for getdents. `bits` is the width of the positions (FMODE_32BITHASH, FMODE_64BITHASH). */
export function* opendir(context: KernelContext, path: Path, bits: 32 | 64): Sleepable<number> {
  const fd = yield* open(context, path, { access: 'read', directory: true }, 0);
  const file = context.files.get(fd);
  const format = bits === 32 ? COOKIES_32 : COOKIES_64;
  file.reader = new DirectoryReader(file.inode, cookieOfOffset(0), format);
  return fd;
}

/** getdents64(2): at most `count` entries, with . and .., none at the end. */
export function* getdents(context: KernelContext, fd: number, count: number): Sleepable<DirectoryStep[]> {
  const file = context.files.get(fd);
  const { inode } = file;
  const reader = readerOf(file);
  yield* inode.lock.read();
  try {
    if (inode.links === 0) fail('ENOENT');
    const steps: DirectoryStep[] = [];
    for (const entry of yield* reader.read(count)) {
      const type = yield* typeOfEntry(inode, entry);
      steps.push({ name: decodeName(entry.name), ino: entry.ino, type, next: entry.next });
    }
    yield* touchAccessTime(inode);
    return steps;
  } finally {
    inode.lock.unlockRead();
  }
}

/** getdents64(2) as long as `take` takes entries. Answers the position reached, which is that of what was not taken, or the end. */
export function* takeEntries(
  context: KernelContext,
  fd: number,
  take: TakeEntry,
): Sleepable<DirectoryCookie> {
  const file = context.files.get(fd);
  const { inode } = file;
  const reader = readerOf(file);
  const types = direntTypes(inode);
  yield* inode.lock.read();
  try {
    if (inode.links === 0) fail('ENOENT');
    const position = yield* reader.readOn((block, at, high, low) => {
      const type = types[entryFileType(block, at)] ?? DT_UNKNOWN;
      return take(block, nameOffset(at), entryNameLength(block, at), entryIno(block, at), type, high, low);
    });
    yield* touchAccessTime(inode);
    return position;
  } finally {
    inode.lock.unlockRead();
  }
}

const DT_UNKNOWN = 0;

/** DT_* of EXT4_FT_*: nothing, file, directory, character device, block device, fifo, socket, symlink (get_dtype). */
const DIRENT_TYPES: readonly number[] = [DT_UNKNOWN, 8, 4, 2, 6, 1, 12, 10];

/** The same for the entries of one directory, which may say nothing. */
const direntTypes = (dir: Inode): readonly number[] =>
  storedType(dir, EXT4_FT_DIR) === EXT4_FT_DIR ? DIRENT_TYPES : [];

/** A directory that open(2) opened gets its reader, with wide positions, when it is first read. Fails with ENOTDIR. */
function readerOf(file: OpenFile): DirectoryReader {
  if (!isDirectory(file.inode.mode)) fail('ENOTDIR');
  return (file.reader ??= new DirectoryReader(file.inode, cookieOfOffset(file.position)));
}

/** telldir(3): where the next getdents goes on. */
export const telldir = (context: KernelContext, fd: number): DirectoryCookie =>
  readerOf(context.files.get(fd)).position;

/** seekdir(3): the next getdents goes on at a position that telldir or getdents gave, or at the start. */
export function seekdir(context: KernelContext, fd: number, position: DirectoryCookie): void {
  const file = context.files.get(fd);
  readerOf(file).seek(position);
  file.position = offsetOfCookie(position);
}
