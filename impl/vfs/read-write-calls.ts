import { readFile, writeFile } from '../ext4/data/file.ts';
import { fsyncInode } from '../ext4/data/fsync.ts';
import { cookieOfOffset, offsetOfCookie } from '../ext4/directory/reading/cookie.ts';
import { isDirectory } from '../ext4/inode/inode.ts';
import { isSync } from '../ext4/inode/sync-flags.ts';
import { maxBytesOf } from '../ext4/mapping/block-map.ts';
import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import { isImmutable } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import type { OpenFile } from './open-file.ts';
import type { PositionWhence } from './types.ts';

/** System calls on the bytes of an open file. Positions and lengths are bytes. */

export function* read(context: KernelContext, fd: number, target: Uint8Array): Sleepable<number> {
  const file = context.files.get(fd);
  const count = yield* readAt(file, target, file.position);
  file.position += count;
  return count;
}

export function* pread(
  context: KernelContext,
  fd: number,
  target: Uint8Array,
  offset: number,
): Sleepable<number> {
  if (offset < 0) fail('EINVAL');
  return yield* readAt(context.files.get(fd), target, offset);
}

/** vfs_read(): a read of nothing looks at nothing, not even the clock; nor does one beyond s_maxbytes (filemap_read). */
function* readAt({ inode, readable }: OpenFile, target: Uint8Array, position: number): Sleepable<number> {
  if (!readable) fail('EBADF');
  if (isDirectory(inode.mode)) fail('EISDIR');
  if (target.length === 0 || position >= inode.sb.maxFileBytes) return 0;
  const count = yield* readFile(inode, position, target);
  yield* touchAccessTime(inode);
  return count;
}

export function* write(context: KernelContext, fd: number, source: Uint8Array): Sleepable<number> {
  const file = context.files.get(fd);
  const { position, written } = yield* writeAt(context, file, source, file.position);
  file.position = position + written;
  return written;
}

/** With O_APPEND the offset means nothing (a documented bug of pwrite(2)). */
export function* pwrite(
  context: KernelContext,
  fd: number,
  source: Uint8Array,
  offset: number,
): Sleepable<number> {
  if (offset < 0) fail('EINVAL');
  return (yield* writeAt(context, context.files.get(fd), source, offset)).written;
}

/** vfs_write() */
function* writeAt(
  context: KernelContext,
  file: OpenFile,
  source: Uint8Array,
  position: number,
): Sleepable<{ position: number; written: number }> {
  if (!file.writable) fail('EBADF');
  yield* context.wantWrite();
  context.sb.health.failInEmergency();
  if (source.length === 0 && !isImmutable(file.inode)) return { position, written: 0 };
  const { inode } = file;
  const done = yield* writeFile(inode, position, source, file.append, context.caller);
  // generic_write_sync(): as fdatasync does it.
  if (isSync(inode) && done.written > 0) yield* fsyncInode(inode, true);
  return done;
}

/** lseek(2): generic_file_llseek_size(). No I/O, so no Sleepable. */
export function seek(context: KernelContext, fd: number, offset: number, whence: PositionWhence): number {
  const file = context.files.get(fd);
  const position = offset + seekBase(file, whence);
  if (position < 0 || position > maxBytesOf(file.inode)) fail('EINVAL');
  file.position = position;
  file.reader?.seek(cookieOfOffset(position));
  return position;
}

function seekBase({ inode, position, reader }: OpenFile, whence: PositionWhence): number {
  if (whence === 'set') return 0;
  if (whence === 'end') return inode.size;
  return reader === null ? position : offsetOfCookie(reader.position);
}

/** fsync(2), and fdatasync(2) with `dataOnly`. */
export function* fsync(context: KernelContext, fd: number, dataOnly: boolean): Sleepable<void> {
  yield* fsyncInode(context.files.get(fd).inode, dataOnly);
}
