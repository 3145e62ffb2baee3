import { Failure } from '../../lib/errno.ts';
import { inodeOf } from '../inode/inode.ts';
import { FOLIO_LOCK_AFTER_HANDLE } from '../lock-order.ts';
import { bmap } from './bmap.ts';
import type { DataPath } from './data-path.ts';
import { errorRemoveFolio } from '../../mm/memory-failure.ts';
import { migrateFolio } from '../../mm/migrate.ts';
import { invalidateLogged, releaseLogged } from './logged-folio.ts';
import { journalledWrite, readFromBuffers, zeroLogged } from './journalled-data.ts';
import { logDirtyFolios, mkwriteLogged } from './journalled-writeback.ts';

/** ext4_journalled_aops: data goes through the journal like metadata. No delayed allocation, one page a folio. */
export const journalledPath: DataPath = {
  name: 'ext4_journalled_aops',
  logsData: true,
  folioLock: FOLIO_LOCK_AFTER_HANDLE,
  folioOrderMax: 0,

  *readFolio(folio) {
    try {
      yield* readFromBuffers(folio, inodeOf(folio.mapping));
    } finally {
      folio.unlock();
    }
  },

  *readahead(mapping, folios) {
    try {
      for (const folio of folios) yield* readFromBuffers(folio, inodeOf(mapping));
    } catch (error) {
      // Whoever needs a folio that could not be filled asks for it alone, and is told.
      if (!(error instanceof Failure)) throw error;
    } finally {
      for (const folio of folios) folio.unlock();
    }
  },

  writepages: (mapping, control) => logDirtyFolios(inodeOf(mapping), control),
  dirtyFolio: (mapping, folio) => mapping.markDirty(folio),

  invalidateFolio: invalidateLogged,
  releaseFolio: releaseLogged,
  migrateFolio: (mapping, folio, memory) =>
    releaseLogged(folio) ? migrateFolio(mapping, folio, memory) : null,
  errorRemoveFolio,
  isPartiallyUptodate: (folio) => folio.uptodate,
  bmap,
  bufferedWrite: journalledWrite,
  zeroPartialBlock: zeroLogged,
  pageMkwrite: mkwriteLogged,
};
