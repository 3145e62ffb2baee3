import { absent } from '../ext4/data/absent-callback.ts';
import { readFile } from '../ext4/data/file.ts';
import { PLAIN_RULES } from '../ext4/data/io-rules.ts';
import { isRegular, type Inode } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import { writeAndCheck } from '../mm/filemap.ts';
import { PAGE_BYTES } from '../mm/page.ts';
import { ReadaheadState } from '../mm/readahead-state.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import { open } from './open-call.ts';
import type { OpenFile } from './open-file.ts';
import { releaseFile } from './release-file.ts';

/** System calls by which the kernel takes a file to swap to. Nobody here swaps: the file is in use, and that is all. */

/**
 * swapon(2) of a file with the header of mkswap(8). Fails with EPERM, what open(2) for reading and writing fails with, EBUSY (it is in
 * use), EINVAL (no header, fewer than two pages, holes, or not in a page cache), EIO.
 */
export function* swapon(context: KernelContext, path: string): Sleepable<void> {
  const file = yield* openPrivileged(context, path);
  try {
    yield* activate(file.inode);
  } catch (error) {
    yield* releaseFile(context, file);
    throw error;
  }
  context.swapFiles.set(file.inode, file);
}

/** swapoff(2). Fails with EPERM, as open(2) does, EINVAL (it is not in use). */
export function* swapoff(context: KernelContext, path: string): Sleepable<void> {
  const victim = yield* openPrivileged(context, path);
  try {
    yield* giveBack(context, victim.inode);
  } finally {
    yield* releaseFile(context, victim);
  }
}

/** All files are their users' again. */
export function* stopSwapping(context: KernelContext): Sleepable<void> {
  for (const inode of context.swapFiles.keys()) yield* giveBack(context, inode);
}

function* giveBack(context: KernelContext, inode: Inode): Sleepable<void> {
  const file = context.swapFiles.get(inode) ?? fail('EINVAL');
  context.swapFiles.delete(inode);
  yield* inode.lock.write();
  inode.swapFile = false;
  inode.lock.unlockWrite();
  yield* releaseFile(context, file);
}

function* openPrivileged(context: KernelContext, path: string): Sleepable<OpenFile> {
  if (!context.caller.privileged) fail('EPERM');
  return context.files.remove(yield* open(context, path, { access: 'read-write' }, 0));
}

/** The checks of swapon(2), in its order. */
function* activate(inode: Inode): Sleepable<void> {
  if (!isRegular(inode.mode)) fail('EINVAL');
  yield* inode.lock.write();
  try {
    if (inode.swapFile) fail('EBUSY');
    const { operations } = inode.mapping;
    if (inode.blockSize > PAGE_BYTES || operations.readFolio === absent) fail('EINVAL');
    const pagesMax = yield* pagesOfHeader(inode);
    const extents = yield* operations.swapActivate(inode.mapping, pagesMax);
    // The header's page is none to swap to.
    if (extents.reduce((sum, { pages }) => sum + pages, 0) < 2) fail('EINVAL');
    yield* writeAndCheck(inode.mapping, 0, Infinity);
    inode.swapFile = true;
  } finally {
    inode.lock.unlockWrite();
  }
}

const MAGIC = 'SWAPSPACE2';
const MAGIC_AT = PAGE_BYTES - MAGIC.length;
/** Three words behind the room for a boot sector (union swap_header): version, last page, bad pages. */
const INFO_AT = 1024;

/** read_swap_header(): how many pages it promises. */
function* pagesOfHeader(inode: Inode): Sleepable<number> {
  const header = new Uint8Array(PAGE_BYTES);
  const count = yield* readFile(inode, 0, header, new ReadaheadState(), PLAIN_RULES);
  if (count < PAGE_BYTES) fail('EINVAL');
  const magic = String.fromCharCode(...header.subarray(MAGIC_AT));
  const words = new DataView(header.buffer);
  const [version, lastPage, badPages] = [0, 4, 8].map((at) => words.getUint32(INFO_AT + at, true));
  if (magic !== MAGIC || version !== 1 || lastPage === undefined || lastPage === 0 || badPages !== 0)
    fail('EINVAL');
  const pages = lastPage + 1;
  return pages * PAGE_BYTES <= inode.size ? pages : fail('EINVAL');
}
