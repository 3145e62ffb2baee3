import { isRegular } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import { writeRange } from '../mm/filemap.ts';
import { whileValid } from '../mm/invalidate-lock.ts';
import { dropCleanRange } from '../mm/invalidate.ts';
import { PAGE_BYTES, pageIndex } from '../mm/page.ts';
import { READAHEAD_PAGES } from '../mm/readahead-state.ts';
import { readaheadForced } from '../mm/readahead.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import type { OpenFile } from './open-file.ts';
import type { Advice } from './types.ts';

/** What a process says about its reading in the future. Nothing that it says changes what it reads. */

/** readahead(2). Fails with EBADF, EINVAL. */
export function* readahead(
  context: KernelContext,
  fd: number,
  offset: number,
  length: number,
): Sleepable<void> {
  const { readable, inode } = context.files.get(fd);
  if (!readable) fail('EBADF');
  if (!isRegular(inode.mode)) fail('EINVAL');
  yield* fadvise(context, fd, offset, length, 'willneed');
}

/** posix_fadvise(2): generic_fadvise(). Fails with EINVAL. */
export function* fadvise(
  context: KernelContext,
  fd: number,
  offset: number,
  length: number,
  advice: Advice,
): Sleepable<void> {
  const file = context.files.get(fd);
  const { mapping, mode } = file.inode;
  if (length < 0) fail('EINVAL');
  // Of what is not cached nothing can be said.
  if (file.inode.dataPath.dax !== null) return;
  const end = length === 0 ? Infinity : offset + length;
  switch (advice) {
    case 'normal':
    case 'sequential':
      file.readahead.pagesMax = advice === 'normal' ? READAHEAD_PAGES : READAHEAD_PAGES * 2;
      file.readahead.random = false;
      return;
    case 'random':
      file.readahead.random = true;
      return;
    case 'willneed':
      if (isRegular(mode) && offset >= 0) yield* willNeed(file, offset, end);
      return;
    case 'dontneed':
      if (isRegular(mode)) yield* dontNeed(mapping, Math.max(0, offset), end);
      return;
    case 'noreuse':
    // A hint to reclaim, which here takes what is clean without asking who used it last.
  }
}

function willNeed({ inode: { mapping }, readahead }: OpenFile, start: number, end: number): Sleepable<void> {
  const first = pageIndex(start);
  const count = end === Infinity ? Infinity : pageIndex(end - 1) - first + 1;
  return whileValid(mapping, () => readaheadForced({ mapping, dropBehind: false }, readahead, first, count));
}

/** Begins to write what is dirty; what is clean and lies in whole pages of the range leaves the cache. */
function* dontNeed(mapping: AddressSpace, start: number, end: number): Sleepable<void> {
  yield* writeRange(mapping, start, end, 'none');
  const first = Math.ceil(start / PAGE_BYTES) * PAGE_BYTES;
  // The last page of the file may go, though the range ends in it.
  const last = end >= mapping.host.size ? Infinity : Math.floor(end / PAGE_BYTES) * PAGE_BYTES;
  if (first < last) dropCleanRange(mapping, first, last);
}
