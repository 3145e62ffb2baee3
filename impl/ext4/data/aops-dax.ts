import { daxWriteback } from '../../iomap/dax-fault.ts';
import { daxZeroRange } from '../../iomap/dax-io.ts';
import { READY } from '../../sched/sleepable.ts';
import { FOLIO_LOCK_BEFORE_HANDLE } from '../lock-order.ts';
import { absent } from './absent-callback.ts';
import { bmap } from './bmap.ts';
import { daxFaults } from './dax-faults.ts';
import { readDax, writeDax } from './dax-file.ts';
import type { DataPath } from './data-path.ts';
import { tailIsSafe } from './tail.ts';
import { lookupOps } from './iomap-ops.ts';

/** ext4_dax_aops: the device is the memory. There are no folios, and so nothing to do with them. */
export const daxPath: DataPath = {
  name: 'ext4_dax_aops',
  logsData: false,
  folioLock: FOLIO_LOCK_BEFORE_HANDLE,
  folioOrderMax: 0,
  readFolio: absent,
  readahead: absent,
  writepages(mapping, control) {
    daxWriteback(mapping, control);
    return READY;
  },
  dirtyFolio: absent,
  invalidateFolio: absent,
  releaseFolio: absent,
  migrateFolio: absent,
  errorRemoveFolio: absent,
  isPartiallyUptodate: absent,
  bmap,
  // The kernel's table has it, and swapon asks for readFolio first, so that nobody ever calls it.
  swapActivate: absent,
  bufferedWrite: absent,
  pageMkwrite: absent,
  tail: tailIsSafe,
  zeroPartialBlock: (inode, position, length) => daxZeroRange(inode, position, length, lookupOps),
  dax: { read: readDax, write: writeDax, faults: daxFaults },
};
