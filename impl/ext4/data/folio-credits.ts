import { PAGE_BYTES } from '../../mm/page.ts';
import type { Inode } from '../inode/inode.ts';
import { mapCredits } from '../mapping/block-map.ts';

/** Credits for all blocks of a folio, on paths without large folios: one page, or one larger block. */

const blocksPerFolio = (inode: Inode): number => Math.ceil(PAGE_BYTES / inode.blockSize);

/** Each block may need a place; the inode. */
export const placeCredits = (inode: Inode): number => mapCredits(inode, 1) * blocksPerFolio(inode) + 1;

/** Each block may need a place, and is logged; the inode. */
export const logCredits = (inode: Inode): number => (mapCredits(inode, 1) + 1) * blocksPerFolio(inode) + 1;
