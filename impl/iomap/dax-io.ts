import type { DeviceMemory } from '../block/device-memory.ts';
import { present } from '../lib/assert.ts';
import { fail, Failure } from '../lib/errno.ts';
import { endPage, PAGE_BYTES, pageIndex } from '../mm/page.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/**
 * Reading and writing files that lie on a device which can be mapped (fs/dax.c): bytes are copied from and to the device's
 * memory, past page cache and transfers. A block is a page.
 */

/** The memory of the file's device, which has some. */
export const memoryOf = ({ ino, device }: IomapFile): DeviceMemory =>
  present(device.memory, () => `the device of inode ${ino} cannot be mapped`);

/** Page of the device under byte `position` of the file, where blocks are mapped. */
export const placeOf = (iomap: Iomap, position: number): number =>
  pageIndex(iomap.address + position - iomap.offset);

/** Hands out bytes [position, position + length) of a mapped range, page by page, with the offset from `position`. */
function eachPiece(
  iomap: Iomap,
  position: number,
  length: number,
  use: (place: number, from: number, to: number, done: number) => void,
): void {
  for (let done = 0; done < length;) {
    const at = position + done;
    const from = at % PAGE_BYTES;
    const to = Math.min(PAGE_BYTES, from + length - done);
    use(placeOf(iomap, at), from, to, done);
    done += to - from;
  }
}

/** dax_iomap_rw() for reading, under i_rwsem: answers the bytes within the file. Fails with EIO, EUCLEAN, EBADMSG when there are none. */
export function* daxRead<F extends IomapFile>(
  file: F,
  position: number,
  target: Uint8Array,
  ops: IomapOps<F>,
): Sleepable<number> {
  const length = Math.min(target.length, file.size - position);
  const memory = memoryOf(file);
  let read = 0;
  try {
    yield* iterate(file, position, Math.max(0, length), ops, (iomap, start, span) => {
      if (iomap.type === 'hole' || iomap.type === 'unwritten') target.fill(0, read, read + span);
      else if (iomap.type !== 'mapped') fail('EIO');
      else
        eachPiece(iomap, start, span, (place, from, to, done) => {
          target.set(memory.page(place).subarray(from, to), read + done);
        });
      read += span;
      return ready(span);
    });
  } catch (error) {
    if (read === 0 || !(error instanceof Failure)) throw error;
  }
  return read;
}

/**
 * The same for writing. `ops` find or make a place, filled with zeros, for each block. Of the `length` bytes only those of `source`
 * can be touched. Answers the bytes written, which are durable as far as the device goes; fails with EFAULT, ENOSPC, EIO when there
 * are none.
 */
export function* daxWrite<F extends IomapFile>(
  file: F,
  position: number,
  source: Uint8Array,
  length: number,
  ops: IomapOps<F>,
): Sleepable<number> {
  let written = 0;
  try {
    yield* iterate(file, position, length, ops, (iomap, start, span) => {
      const count = Math.min(span, source.length - written);
      if (iomap.type !== 'mapped') fail('EIO');
      // Mappings may show the page of zeros where there was no block before.
      if (iomap.isNew) file.mapping.devicePages?.remove(pageIndex(start), endPage(start + span));
      if (count <= 0) fail('EFAULT');
      store(file, iomap, start, source.subarray(written, written + count));
      written += count;
      return ready(count);
    });
  } catch (error) {
    if (written === 0 || !(error instanceof Failure)) throw error;
  }
  return written;
}

function store(file: IomapFile, iomap: Iomap, position: number, source: Uint8Array): void {
  const memory = memoryOf(file);
  eachPiece(iomap, position, source.length, (place, from, to, done) => {
    memory.writablePage(place).set(source.subarray(done, done + to - from), from);
    memory.flush(place);
  });
}

/** dax_zero_range(): bytes [position, position + length) read as zeros; what has no written block does so already. */
export function* daxZeroRange<F extends IomapFile>(
  file: F,
  position: number,
  length: number,
  ops: IomapOps<F>,
): Sleepable<void> {
  yield* iterate(file, position, length, ops, (iomap, start, span) => {
    if (iomap.type === 'mapped') store(file, iomap, start, new Uint8Array(span));
    return ready(span);
  });
}
