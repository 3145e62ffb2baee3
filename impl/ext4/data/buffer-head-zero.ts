import { readBuffer } from '../../buffer/block-write.ts';
import { ensureBuffers } from '../../buffer/folio-buffers.ts';
import { grabFolio } from '../../mm/filemap.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';

/**
 * Bytes [position, position + length) of one block read as zeros afterwards (ext4_block_zero_page_range on the buffer_head
 * path). A hole has nothing to zero, unless memory above it is newer.
 */
export function* zeroPartialBlock(inode: Inode, position: number, length: number): Sleepable<void> {
  const { blockSize, mapping } = inode;
  const logical = Math.floor(position / blockSize);
  const found = yield* mapBlocks(null, inode, logical, 1, 'lookup');
  if (found.type === 'hole') return;
  const folio = yield* grabFolio(mapping, position, length);
  try {
    const offset = position - folio.position;
    const buffer = ensureBuffers(folio, blockSize)[Math.floor(offset / blockSize)];
    if (buffer === undefined) return;
    if (!buffer.mapped) {
      // While the lock was waited for, writeback may have filled a block that had nothing, and the folio with its bytes may be gone.
      const now = found.type === 'written' ? found : yield* mapBlocks(null, inode, logical, 1, 'lookup');
      // Nothing is on the disk that does not read as zeros, but a folio may still show what the block held that a move took away.
      if (now.type !== 'written') {
        if (folio.uptodate) folio.data.fill(0, offset, offset + length);
        return;
      }
      buffer.mapped = true;
      buffer.block = now.physical;
    }
    if (folio.uptodate) buffer.uptodate = true;
    if (!buffer.uptodate) {
      if (buffer.delay || buffer.unwritten) return;
      yield* readBuffer(inode.device, buffer, blockSize);
    }
    folio.data.fill(0, offset, offset + length);
    buffer.dirty = true;
    mapping.markDirty(folio);
  } finally {
    folio.unlock();
  }
}
