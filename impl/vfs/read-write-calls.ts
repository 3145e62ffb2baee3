import { allowsDirect, readDirect, writeDirect } from '../ext4/data/direct-file.ts';
import { readFile, writeFile, type Written } from '../ext4/data/file.ts';
import { PLAIN_RULES, type IoRules } from '../ext4/data/io-rules.ts';
import { isSync } from '../ext4/inode/sync-flags.ts';
import { cookieOfOffset, offsetOfCookie } from '../ext4/directory/reading/cookie.ts';
import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import { maxBytesOf } from '../ext4/mapping/block-map.ts';
import { fail, Failure } from '../lib/errno.ts';
import type { UserMemory } from '../mm/user-memory.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import { isImmutable } from './inode-flags.ts';
import { rulesWith } from './io-rules.ts';
import type { KernelContext } from './kernel-context.ts';
import { memoryOf } from './memory-layout.ts';
import type { OpenFile } from './open-file.ts';
import type { RwFlag, TransferOptions, PositionWhence } from './types.ts';
import { settleWrite, writeWithoutCaching } from './settle-write.ts';

/**
 * System calls on the bytes of an open file. Positions and lengths are bytes. The memory of a vector is one array; how it lies
 * in pieces matters to direct I/O alone.
 */

/** What a call says that says nothing. */
const PLAIN: TransferOptions = {};
const NO_FLAGS: readonly RwFlag[] = [];

export function* read(
  context: KernelContext,
  fd: number,
  target: Uint8Array,
  options?: TransferOptions,
): Sleepable<number> {
  const file = context.files.get(fd);
  const count = yield* readAt(file, target, file.position, options);
  file.position += count;
  return count;
}

export function* pread(
  context: KernelContext,
  fd: number,
  target: Uint8Array,
  offset: number,
  options?: TransferOptions,
): Sleepable<number> {
  if (offset < 0) fail('EINVAL');
  return yield* readAt(context.files.get(fd), target, offset, options);
}

/** kiocb_set_rw_flags(): what is not cached cannot be dropped from the cache. */
function requireFlags({ dataPath }: Inode, rwf: readonly RwFlag[]): void {
  if (dataPath.dax !== null && rwf.includes('dontcache')) fail('EOPNOTSUPP');
}

/** vfs_read(): a read of nothing looks at nothing, not even the clock; nor does one through the cache beyond s_maxbytes (filemap_read). */
function* readAt(
  file: OpenFile,
  target: Uint8Array,
  position: number,
  options: TransferOptions | undefined,
): Sleepable<number> {
  const { inode, readable } = file;
  if (!readable) fail('EBADF');
  if (options !== undefined && target.length === 0) return 0;
  const { rwf = NO_FLAGS } = options ?? PLAIN;
  if (isDirectory(inode.mode)) fail(rwf.length === 0 ? 'EISDIR' : 'EOPNOTSUPP');
  if (target.length === 0) return 0;
  if (rwf.length > 0) requireFlags(inode, rwf);
  const rules = rulesWith(file.rules, rwf, inode.mapping.faults);
  if (position >= inode.sb.maxFileBytes && !(rules.direct && allowsDirect(inode))) return 0;
  let count: number;
  try {
    count =
      rules.direct || options !== undefined
        ? yield* readMemory(file, memoryOf(target, options), position, rules)
        : yield* readFile(inode, position, target, file.readahead, rules);
  } catch (error) {
    // Who reads in vain has read, too.
    if (error instanceof Failure) yield* touchAccessTime(inode);
    throw error;
  }
  yield* touchAccessTime(inode);
  return count;
}

/** ext4_file_read_iter(): what comes before the end of the memory is read, and nothing at all is EFAULT. */
export function* readMemory(
  { inode, readahead }: OpenFile,
  memory: UserMemory,
  position: number,
  rules: IoRules,
): Sleepable<number> {
  const direct = rules.direct ? yield* readDirect(inode, position, memory, rules.nowait) : null;
  if (direct !== null) return direct;
  if (memory.bytes.length > 0) return yield* readFile(inode, position, memory.bytes, readahead, rules);
  const found = yield* readFile(inode, position, new Uint8Array(1), readahead, rules);
  return found > 0 ? fail('EFAULT') : 0;
}

export function* write(
  context: KernelContext,
  fd: number,
  source: Uint8Array,
  options?: TransferOptions,
): Sleepable<number> {
  const file = context.files.get(fd);
  const { position, written } = yield* writeAt(context, file, source, file.position, options);
  file.position = position + written;
  return written;
}

/** With O_APPEND the offset means nothing (a documented bug of pwrite(2)). */
export function* pwrite(
  context: KernelContext,
  fd: number,
  source: Uint8Array,
  offset: number,
  options?: TransferOptions,
): Sleepable<number> {
  if (offset < 0) fail('EINVAL');
  return (yield* writeAt(context, context.files.get(fd), source, offset, options)).written;
}

/** vfs_write(), or vfs_writev(), which looks at nothing when there is nothing to write. */
function* writeAt(
  context: KernelContext,
  file: OpenFile,
  source: Uint8Array,
  position: number,
  options: TransferOptions | undefined,
): Sleepable<Written> {
  if (!file.writable) fail('EBADF');
  yield* context.wantWrite();
  context.sb.health.failInEmergency();
  if (source.length === 0 && (options !== undefined || !(isImmutable(file.inode) || file.inode.swapFile)))
    return { position, written: 0 };
  const { inode, rules } = file;
  if (options === undefined && rules === PLAIN_RULES && !isSync(inode) && inode.dataPath.dax === null)
    return yield* writeFile(inode, position, source, source.length, false, context.caller);
  const { rwf = NO_FLAGS } = options ?? PLAIN;
  requireFlags(inode, rwf);
  const asked = rulesWith(rules, rwf, inode.mapping.faults);
  return yield* writeMemory(context, file, memoryOf(source, options), position, asked);
}

/** ext4_file_write_iter(), and what the descriptor's or the call's flags want done before the call returns. */
export function* writeMemory(
  context: KernelContext,
  file: OpenFile,
  memory: UserMemory,
  position: number,
  rules: IoRules,
): Sleepable<Written> {
  const { inode } = file;
  const { bytes, length } = memory;
  const { caller } = context;
  const { dax } = inode.dataPath;
  if (dax !== null)
    return yield* settleWrite(file, rules, yield* dax.write(inode, position, memory, rules, caller));
  if (rules.direct)
    return yield* settleWrite(file, rules, yield* writeDirect(inode, position, memory, rules, caller));
  if (rules.nowait) fail('EOPNOTSUPP');
  if (rules.dontCache) return yield* writeWithoutCaching(file, memory, position, rules, caller);
  return yield* settleWrite(
    file,
    rules,
    yield* writeFile(inode, position, bytes, length, rules.append, caller),
  );
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
