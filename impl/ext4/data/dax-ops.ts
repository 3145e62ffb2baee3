import { memoryOf } from '../../iomap/dax-io.ts';
import type { IomapOps } from '../../iomap/iomap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import type { Inode } from '../inode/inode.ts';
import { mapCredits } from '../mapping/block-map.ts';
import { mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import { blockCount, firstBlock, setIomap } from './iomap-ops.ts';
import { PLACE_BLOCKS_MAX } from './direct-ops.ts';

/** ext4_iomap_begin() for writing with IOMAP_DAX: what is not written yet gets a place that holds zeros. */
export const daxPlaceOps: IomapOps<Inode> = {
  *begin(inode, position, length, iomap) {
    const first = firstBlock(inode, position);
    const count = blockCount(inode, position, length);
    if (position + length <= inode.size) {
      const known = yield* mapBlocks(null, inode, first, count, 'lookup');
      if (known.type === 'written') {
        setIomap(inode, iomap, known);
        return;
      }
    }
    setIomap(inode, iomap, yield* placeZeroed(inode, first, Math.min(count, PLACE_BLOCKS_MAX)));
  },
};

const placeZeroed = (inode: Inode, first: number, count: number): Sleepable<BlockMapping> =>
  retryAfterCommit(inode.sb, () => tryToPlace(inode, first, count));

/** EXT4_GET_BLOCKS_CREATE_ZERO */
function* tryToPlace(inode: Inode, first: number, count: number): Sleepable<BlockMapping> {
  const handle = yield* inode.sb.journal.start(mapCredits(inode, count));
  try {
    const mapping = yield* mapBlocks(handle, inode, first, count, 'create');
    // Nobody has run since the blocks became part of the file, and the transaction that says so cannot commit before this handle ends.
    if (mapping.isNew) zero(inode, mapping);
    return mapping;
  } finally {
    yield* handle.stop();
  }
}

function zero(inode: Inode, { physical, length }: BlockMapping): void {
  const memory = memoryOf(inode);
  for (let place = physical; place < physical + length; place++) {
    memory.writablePage(place).fill(0);
    memory.flush(place);
  }
}
