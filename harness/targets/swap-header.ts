import { PAGE_BYTES } from '../../model/index.ts';

const MAGIC = new TextEncoder().encode('SWAPSPACE2');

/** Where version, last page and the number of bad pages stand, 32 bits each (union swap_header in linux/swap.h). */
const INFO_AT = 1024;

/** What mkswap(8) writes to an area of two pages, without a UUID or a label. */
export const SWAP_HEADER = headerOf(2);

function headerOf(pages: number): Uint8Array {
  const header = new Uint8Array(PAGE_BYTES);
  const words = new DataView(header.buffer);
  words.setUint32(INFO_AT, 1, true);
  words.setUint32(INFO_AT + 4, pages - 1, true);
  header.set(MAGIC, PAGE_BYTES - MAGIC.length);
  return header;
}
