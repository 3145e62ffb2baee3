import { FOLIO_LOCK_AFTER_HANDLE } from '../lock-order.ts';
import { readFolios, type BlockRunMapping } from '../../buffer/block-read.ts';
import { dirtyFolio } from '../../buffer/block-write.ts';
import {
  invalidateFolio,
  isPartiallyUptodate,
  migrateFolio,
  releaseFolio,
} from '../../buffer/folio-buffers.ts';
import { fail } from '../../lib/errno.ts';
import { errorRemoveFolio } from '../../mm/memory-failure.ts';
import type { AddressSpaceOperations } from '../../mm/address-space-operations.ts';
import type { Folio } from '../../mm/folio.ts';
import { ready, type Sleepable } from '../../sched/sleepable.ts';
import { bmap } from './bmap.ts';
import { swapActivate } from './swap-activate.ts';
import { allocatingWrite, delallocWrite } from './buffer-head-write.ts';
import { mkwriteDelayed, mkwritePlaced } from './buffer-head-mkwrite.ts';
import { zeroPartialBlock } from './buffer-head-zero.ts';
import { commitWritesTail } from './tail.ts';
import type { DataPath } from './data-path.ts';
import { inodeOf, type Inode } from '../inode/inode.ts';
import { isInline } from '../inline/inline-data.ts';
import { readInlineFolios } from '../inline/inline-file.ts';
import { knownMapping, mapBlocks, type BlockMapping } from '../mapping/map-blocks.ts';
import { readFolioForReader, readQuietly } from './reading.ts';
import { writepages } from './writepages.ts';

/** Where the blocks of a file are to be read. */
export const lookupFor = (inode: Inode) => (logical: number, length: number) =>
  placeOf(inode, logical, length);

/**
 * Looks blocks up for reading: only written ones, within the file, have bytes on the device. A run ends where the file does:
 * what a truncation has not freed yet is no part of it any more.
 */
function placeOf(inode: Inode, logical: number, length: number): Sleepable<BlockRunMapping> {
  const inFile = Math.ceil(inode.size / inode.blockSize) - logical;
  if (inFile <= 0) return ready({ block: -1, length });
  const wanted = Math.min(length, inFile);
  const known = knownMapping(inode, logical, wanted);
  return known === null ? lookUp(inode, logical, wanted) : ready(placeIn(known));
}

function* lookUp(inode: Inode, logical: number, length: number): Sleepable<BlockRunMapping> {
  return placeIn(yield* mapBlocks(null, inode, logical, length, 'lookup'));
}

const placeIn = (mapping: BlockMapping): BlockRunMapping => ({
  block: mapping.type === 'written' ? mapping.physical : -1,
  length: mapping.length,
});

/** Fills locked folios and unlocks them; answers those that could not be read. */
function* fill(inode: Inode, folios: readonly Folio[]): Sleepable<ReadonlySet<Folio>> {
  if (!isInline(inode)) return yield* readFolios(inode.device, folios, inode.blockSize, lookupFor(inode));
  yield* readInlineFolios(inode, folios);
  return NONE;
}

const NONE: ReadonlySet<Folio> = new Set();

/** What both buffer_head tables share. One page a folio. */
const common: Omit<AddressSpaceOperations, 'name'> & Pick<DataPath, 'logsData' | 'dax' | 'tail'> = {
  logsData: false,
  folioLock: FOLIO_LOCK_AFTER_HANDLE,
  folioOrderMax: 0,

  *readFolio(folio) {
    const inode = inodeOf(folio.mapping);
    const failed = yield* readFolioForReader(inode.sb, () => fill(inode, [folio]));
    if (failed.size > 0) fail('EIO');
  },

  readahead(mapping, folios) {
    const inode = inodeOf(mapping);
    return readQuietly(inode.sb, () => fill(inode, folios));
  },

  writepages: (mapping, control) => writepages(inodeOf(mapping), control),
  dirtyFolio: (mapping, folio) => dirtyFolio(mapping, folio, inodeOf(mapping).blockSize),
  invalidateFolio,
  releaseFolio,
  migrateFolio,
  errorRemoveFolio,
  isPartiallyUptodate,
  bmap,
  swapActivate,
  tail: commitWritesTail,
  dax: null,
};

/** ext4_da_aops: the buffer_head path with delayed allocation, the default today. */
export const delallocPath: DataPath = {
  ...common,
  name: 'ext4_da_aops',
  bufferedWrite: delallocWrite,
  zeroPartialBlock,
  pageMkwrite: mkwriteDelayed,
};

/** ext4_aops: the buffer_head path that places blocks when they are written into the cache (nodelalloc). */
export const bufferHeadPath: DataPath = {
  ...common,
  name: 'ext4_aops',
  bufferedWrite: allocatingWrite,
  zeroPartialBlock,
  pageMkwrite: mkwritePlaced,
};
