import { PLAIN_RULES, type IoRules } from '../../ext4/data/io-rules.ts';
import { canSplice, spliceFile } from '../../ext4/data/file.ts';
import { isRegular } from '../../ext4/inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import { wholeMemory } from '../../mm/user-memory.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { touchAccessTime } from '../access-time.ts';
import type { KernelContext } from '../kernel-context.ts';
import { pread, pwrite, readMemory, writeMemory } from '../read-write-calls.ts';
import type { OpenFlags } from '../types.ts';

/**
 * Reading and writing for a front end that keeps positions itself, and may switch O_DIRECT on and off while the file is open
 * (F_SETFL). Its memory is aligned as its user's is: nothing is asked about it.
 */

/** The rules of a file that a front end opens: it says at each transfer where it goes, and whether the cache is used. */
export function rulesOfNode({ sync, dsync }: OpenFlags): IoRules {
  if (sync !== true && dsync !== true) return PLAIN_RULES;
  return { ...PLAIN_RULES, sync: sync === true ? 'all' : 'data' };
}

export function* readNode(
  context: KernelContext,
  fd: number,
  target: Uint8Array,
  offset: number,
  direct: boolean,
): Sleepable<number> {
  const file = context.files.get(fd);
  if (!direct || !isRegular(file.inode.mode)) return yield* pread(context, fd, target, offset);
  if (!file.readable) fail('EBADF');
  const count = yield* readMemory(file, wholeMemory(target), offset, { ...file.rules, direct });
  yield* touchAccessTime(file.inode);
  return count;
}

/**
 * What a regular file holds from `offset` on: pieces of the page cache, or of a copy where those are not to be had (copy_splice_read).
 * Good until the next call.
 */
export function* spliceNode(
  context: KernelContext,
  fd: number,
  length: number,
  offset: number,
): Sleepable<readonly Uint8Array[]> {
  const file = context.files.get(fd);
  const { inode } = file;
  if (!isRegular(inode.mode) || !canSplice(inode, length)) {
    const copy = new Uint8Array(length);
    return [copy.subarray(0, yield* pread(context, fd, copy, offset))];
  }
  if (!file.readable) fail('EBADF');
  try {
    return yield* spliceFile(inode, offset, length, file.readahead);
  } finally {
    // Who reads in vain has read, too.
    yield* touchAccessTime(inode);
  }
}

export function* writeNode(
  context: KernelContext,
  fd: number,
  source: Uint8Array,
  offset: number,
  direct: boolean,
): Sleepable<number> {
  const file = context.files.get(fd);
  if (!direct || source.length === 0) return yield* pwrite(context, fd, source, offset);
  if (!file.writable) fail('EBADF');
  yield* context.wantWrite();
  context.sb.health.failInEmergency();
  const rules = { ...file.rules, direct };
  return (yield* writeMemory(context, file, wholeMemory(source), offset, rules)).written;
}
