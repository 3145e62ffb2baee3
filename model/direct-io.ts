import type { FileInode } from './inode.ts';
import type { OpenFile } from './open-file.ts';
import { PAGE_BYTES } from './limits.ts';
import type { State } from './state.ts';
import { hasRwf, type Transfer } from './transfer.ts';

/** What a device moves at least, in bytes, and how its memory must lie (bdev_logical_block_size, bdev_dma_alignment). */
const SECTOR_BYTES = 512;

/** Whether a file's data goes through the journal, and so never past the page cache (ext4_should_journal_data). */
export const journalsData = ({ options }: State, inode: FileInode): boolean =>
  options.journalsData || (inode.flags.journalData && !options.delalloc);

/**
 * Whether a transfer leaves the page cache out. What lies in its inode does not (ext4_should_use_dio); a DAX file has none, and
 * never asks (ext4_file_write_iter).
 */
export const isDirect = (state: State, file: OpenFile, inode: FileInode): boolean =>
  file.direct && !state.options.dax && !journalsData(state, inode);

/** RWF_DONTCACHE means nothing to a file without a cache, nor to an older kernel, and is refused (kiocb_set_rw_flags). */
export const isUncacheable = ({ options }: State, transfer: Transfer): boolean =>
  (options.dax || !options.uncachedIo) && hasRwf(transfer, 'dontcache');

/** Whether a direct transfer is EINVAL because of how it lies. */
export type Refusal = 'never' | 'perhaps' | 'always';

/**
 * iomap_dio_bio_iter looks at each mapping by itself, and not at holes. So reading is refused where there are blocks, and
 * the model knows of those that hold bytes. Writing makes blocks first; into a hole of a file with indirect blocks it goes
 * through the page cache instead. Where memory ends in a mapping before the one that lies oddly, that is met first.
 */
export function directRefusal(
  state: State,
  inode: FileInode,
  offset: number,
  transfer: Transfer,
  writes: boolean,
): Refusal {
  const {
    length,
    faultAt,
    // Memory that ends early ends with a page.
    misaligned = (PAGE_BYTES - ((faultAt ?? 0) % PAGE_BYTES)) % PAGE_BYTES,
    pieces = [],
  } = transfer;
  const end = offset + length;
  // What lies within one page of memory may lie anywhere in it.
  const memory = misaligned % SECTOR_BYTES !== 0 && (misaligned % PAGE_BYTES) + length > PAGE_BYTES;
  const start = offset % SECTOR_BYTES !== 0;
  const stop = end % SECTOR_BYTES !== 0;
  if (!memory && !start && !stop) {
    // Whether pieces that lie one behind the other are one to the device depends on where the memory is.
    return pieces.some((piece) => piece % SECTOR_BYTES !== 0) ? 'perhaps' : 'never';
  }
  const { inlineData, blockSizeBytes } = state.options;
  // Each extent is a transfer of its own, and may lie in one page of memory by itself.
  if (inlineData || (!start && !stop)) return 'perhaps';
  const lastBlock = end - (end % blockSizeBytes);
  const endsBefore = faultAt !== undefined && offset + faultAt < lastBlock;
  if (!start && endsBefore) return 'perhaps';
  if (writes) return inode.extents ? 'always' : 'perhaps';
  if (offset >= inode.contents.size) return 'never';
  const hasBlock = (place: number): boolean => {
    const block = place - (place % blockSizeBytes);
    return inode.contents.hasWritten(block, block + blockSizeBytes);
  };
  if (start && hasBlock(offset)) return 'always';
  return stop && hasBlock(end) && !endsBefore ? 'always' : 'perhaps';
}
