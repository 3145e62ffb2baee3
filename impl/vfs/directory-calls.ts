import { decodeName } from '../ext4/directory/file-name.ts';
import { cookieOfOffset, COOKIES_32, COOKIES_64, offsetOfCookie } from '../ext4/directory/reading/cookie.ts';
import type { DirectoryCookie } from '../ext4/directory/reading/cookie.ts';
import { DirectoryReader } from '../ext4/directory/reading/reader.ts';
import { isDirectory } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import type { KernelContext } from './kernel-context.ts';
import { open } from './open-call.ts';
import type { OpenFile } from './open-file.ts';
import type { Path } from './place.ts';
import { typeOfEntry } from './query-calls.ts';
import type { DirectoryStep } from './types.ts';

/** System calls that read a directory step by step. */

/** An entry with its name in some form. */
interface Step<N> extends Omit<DirectoryStep, 'name'> {
  readonly name: N;
}

/** An entry whose name are the bytes of the disk. */
export type RawStep = Step<Uint8Array>;

/** opendir(3): a descriptor for getdents. `bits` is the width of the positions (FMODE_32BITHASH, FMODE_64BITHASH). */
export function* opendir(context: KernelContext, path: Path, bits: 32 | 64): Sleepable<number> {
  const fd = yield* open(context, path, { access: 'read', directory: true }, 0);
  const file = context.files.get(fd);
  const format = bits === 32 ? COOKIES_32 : COOKIES_64;
  file.reader = new DirectoryReader(file.inode, cookieOfOffset(0), format);
  return fd;
}

/** getdents64(2): at most `count` entries, with . and .., none at the end. */
export const getdents = (context: KernelContext, fd: number, count: number): Sleepable<DirectoryStep[]> =>
  readEntries(context, fd, count, decodeName);

/** The same of names as the disk has them. */
export const getdentsBytes = (context: KernelContext, fd: number, count: number): Sleepable<RawStep[]> =>
  readEntries(context, fd, count, (name) => name);

function* readEntries<N>(
  context: KernelContext,
  fd: number,
  count: number,
  nameOf: (bytes: Uint8Array) => N,
): Sleepable<Step<N>[]> {
  const file = context.files.get(fd);
  const { inode } = file;
  const reader = readerOf(file);
  yield* inode.lock.read();
  try {
    if (inode.links === 0) fail('ENOENT');
    const steps: Step<N>[] = [];
    for (const entry of yield* reader.read(count)) {
      const type = yield* typeOfEntry(inode, entry);
      steps.push({ name: nameOf(entry.name), ino: entry.ino, type, next: entry.next });
    }
    yield* touchAccessTime(inode);
    return steps;
  } finally {
    inode.lock.unlockRead();
  }
}

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
