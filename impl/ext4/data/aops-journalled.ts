import type { Folio } from '../../mm/folio.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { inodeOf, type Inode } from '../inode/inode.ts';
import { FOLIO_LOCK_AFTER_HANDLE } from '../lock-order.ts';
import { bmap } from './bmap.ts';
import { swapActivate } from './swap-activate.ts';
import type { DataPath } from './data-path.ts';
import { tailIsSafe } from './tail.ts';
import { errorRemoveFolio } from '../../mm/memory-failure.ts';
import { migrateFolio } from '../../mm/migrate.ts';
import { invalidateLogged, isPartiallyLogged, releaseLogged } from './logged-folio.ts';
import { journalledWrite, readFromBuffers, zeroLogged } from './journalled-data.ts';
import { logDirtyFolios, mkwriteLogged } from './journalled-writeback.ts';
import { readFolioForReader, readQuietly } from './reading.ts';

/** Fills locked folios, and unlocks them all. */
function* fill(inode: Inode, folios: readonly Folio[]): Sleepable<void> {
  try {
    for (const folio of folios) yield* readFromBuffers(folio, inode);
  } finally {
    for (const folio of folios) folio.unlock();
  }
}

/** ext4_journalled_aops: data goes through the journal like metadata. No delayed allocation, one page a folio. */
export const journalledPath: DataPath = {
  name: 'ext4_journalled_aops',
  logsData: true,
  folioLock: FOLIO_LOCK_AFTER_HANDLE,
  folioOrderMax: 0,

  readFolio(folio) {
    const inode = inodeOf(folio.mapping);
    return readFolioForReader(inode.sb, () => fill(inode, [folio]));
  },

  readahead(mapping, folios) {
    const inode = inodeOf(mapping);
    return readQuietly(inode.sb, () => fill(inode, folios));
  },

  writepages: (mapping, control) => logDirtyFolios(inodeOf(mapping), control),
  dirtyFolio: (mapping, folio) => mapping.markDirty(folio),

  invalidateFolio: invalidateLogged,
  releaseFolio: releaseLogged,
  migrateFolio: (mapping, folio, memory) => releaseLogged(folio) && migrateFolio(mapping, folio, memory),
  errorRemoveFolio,
  isPartiallyUptodate: (folio, offset, length) =>
    isPartiallyLogged(folio, inodeOf(folio.mapping).blockSize, offset, length),
  bmap,
  swapActivate,
  bufferedWrite: journalledWrite,
  zeroPartialBlock: zeroLogged,
  tail: tailIsSafe,
  pageMkwrite: mkwriteLogged,
  dax: null,
};
