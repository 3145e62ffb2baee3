import { FOLIO_LOCK_BEFORE_HANDLE } from '../lock-order.ts';
import { isPartiallyUptodate, readahead, readFolio } from '../../iomap/buffered-read.ts';
import { bufferedWrite, dirtyFolio, invalidateFolio, releaseFolio } from '../../iomap/buffered-write.ts';
import { pageMkwrite } from '../../iomap/page-mkwrite.ts';
import { writepages } from '../../iomap/writeback.ts';
import { zeroRange } from '../../iomap/zero-range.ts';
import { errorRemoveFolio } from '../../mm/memory-failure.ts';
import { migrateFolio } from '../../mm/migrate.ts';
import { MAX_FOLIO_ORDER } from '../../mm/page.ts';
import { bmap } from './bmap.ts';
import { swapActivate } from './swap-activate.ts';
import type { DataPath } from './data-path.ts';
import { retryAfterCommit } from '../allocation/retry-allocation.ts';
import { inodeOf } from '../inode/inode.ts';
import {
  allocatingWrite,
  allocatingWriteOps,
  delallocWriteOps,
  lookupOps,
  writeNothing,
  writeOps,
} from './iomap-ops.ts';
import { readFolioForReader, readQuietly } from './reading.ts';
import { tailIsWritten } from './tail.ts';
import { writebackOps } from './iomap-writeback.ts';

/** ext4_iomap_aops: the new path. Large folios, mappings instead of buffer_heads, i_disksize at the end of I/O. */
export const iomapPath: DataPath = {
  name: 'ext4_iomap_aops',
  logsData: false,
  folioLock: FOLIO_LOCK_BEFORE_HANDLE,
  folioOrderMax: MAX_FOLIO_ORDER,
  readFolio(folio) {
    const inode = inodeOf(folio.mapping);
    return readFolioForReader(inode.sb, () => readFolio(inode, folio, lookupOps));
  },
  readahead(mapping, folios) {
    const inode = inodeOf(mapping);
    return readQuietly(inode.sb, () => readahead(inode, folios, lookupOps));
  },
  writepages: (mapping, control) => writepages(inodeOf(mapping), control, writebackOps),
  dirtyFolio: (mapping, folio) => dirtyFolio(mapping, folio, inodeOf(mapping).blockSize),
  invalidateFolio: (folio, offset, length) =>
    invalidateFolio(folio, inodeOf(folio.mapping).blockSize, offset, length),
  releaseFolio,
  migrateFolio,
  errorRemoveFolio,
  isPartiallyUptodate: (folio, offset, length) =>
    isPartiallyUptodate(folio, inodeOf(folio.mapping).blockSize, offset, length),
  bmap,
  swapActivate,

  bufferedWrite(inode, position, source, length) {
    const write = { position, source, length };
    if (source.length === 0) return writeNothing(inode, write);
    return inode.sb.options.delalloc
      ? bufferedWrite(inode, write, delallocWriteOps, writeOps)
      : allocatingWrite(inode, write);
  },

  pageMkwrite(inode, folio) {
    const ops = inode.sb.options.delalloc ? delallocWriteOps : allocatingWriteOps;
    return retryAfterCommit(inode.sb, () => pageMkwrite(inode, folio, ops));
  },

  *zeroPartialBlock(inode, position, length) {
    yield* zeroRange(inode, position, length, lookupOps, writeOps);
  },

  tail: tailIsWritten,
  dax: null,
};
