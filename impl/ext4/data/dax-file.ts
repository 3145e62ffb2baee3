import { daxRead, daxWrite } from '../../iomap/dax-io.ts';
import { fail, Failure } from '../../lib/errno.ts';
import type { UserMemory } from '../../mm/user-memory.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { daxPlaceOps } from './dax-ops.ts';
import { takeBack } from './direct-file.ts';
import { becomeOrphan, directWriteOps, stopBeingOrphan } from './direct-ops.ts';
import type { Written } from './file.ts';
import type { IoRules } from './io-rules.ts';
import { lookupOps } from './iomap-ops.ts';
import { touchModified, writableLength, zeroBeyondEnd, type Writer } from './write-checks.ts';

/** read(2) and write(2) of files that are mapped directly. What is asked of descriptors, O_DIRECT too, is the same for all. */

/** ext4_dax_read_iter(). Fails as daxRead does; EAGAIN when the lock would have to be waited for with `nowait`. */
export function* readDax(
  inode: Inode,
  position: number,
  target: Uint8Array,
  nowait: boolean,
): Sleepable<number> {
  if (!nowait) yield* inode.lock.read();
  else if (!inode.lock.tryRead()) fail('EAGAIN');
  try {
    return yield* daxRead(inode, position, target, lookupOps);
  } finally {
    inode.lock.unlockRead();
  }
}

/** ext4_dax_write_iter(). Fails as writeFile does; EAGAIN as above. */
export function* writeDax(
  inode: Inode,
  position: number,
  memory: UserMemory,
  { append, nowait }: IoRules,
  writer: Writer,
): Sleepable<Written> {
  if (!nowait) yield* inode.lock.write();
  else if (!inode.lock.tryWrite()) fail('EAGAIN');
  try {
    const start = append ? inode.size : position;
    const length = writableLength(inode, start, memory.length);
    if (length === 0) return { position: start, written: 0 };
    yield* touchModified(inode, writer);
    if (start > inode.size) yield* zeroBeyondEnd(inode, start);
    const source = memory.bytes.subarray(0, length);
    const grows = start + length > inode.diskSize;
    const written = grows
      ? yield* writeAndGrow(inode, start, source, length)
      : yield* daxWrite(inode, start, source, length, daxPlaceOps);
    return { position: start, written };
  } finally {
    inode.lock.unlockWrite();
  }
}

/** Recovery cuts off what was placed behind the end of the file, until the file reaches as far. */
function* writeAndGrow(inode: Inode, start: number, source: Uint8Array, length: number): Sleepable<number> {
  yield* becomeOrphan(inode);
  try {
    const written = yield* daxWrite(inode, start, source, length, daxPlaceOps);
    yield* directWriteOps.ended(inode, start, written, false);
    if (written < length) yield* takeBack(inode);
    yield* stopBeingOrphan(inode);
    return written;
  } catch (error) {
    if (error instanceof Failure) yield* takeBack(inode);
    throw error;
  }
}
