import { Failure } from '../lib/errno.ts';
import { writeAndCheck } from '../mm/filemap.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { IomapFile } from './host.ts';
import type { IomapOps } from './iomap.ts';
import { iterate } from './iterate.ts';

/**
 * iomap_bmap(): the device's block with the data of a block of the file; 0 for everything else, also for unwritten blocks and
 * for what cannot be found out.
 */
export function* bmap<F extends IomapFile>(file: F, block: number, ops: IomapOps<F>): Sleepable<number> {
  const { blockSize, mapping } = file;
  let found = 0;
  try {
    yield* writeAndCheck(mapping, 0, Infinity);
    yield* iterate(file, block * blockSize, blockSize, ops, (iomap, position, length) => {
      if (iomap.type === 'mapped') found = (iomap.address + position - iomap.offset) / blockSize;
      return ready(length);
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return 0;
  }
  return found;
}
