import { createHash } from 'node:crypto';
import type { DiskImage } from '../target.ts';

const SUPERBLOCK_OFFSET = 1024;
const LOG_BLOCK_SIZE = 0x18;
/** s_jnl_blocks: a copy of i_block of the journal's inode. */
const JOURNAL_BLOCKS = 0x10c;
const EXTENT_MAGIC = 0xf30a;
const PAGE_BYTES = 4096;

/**
 * Tells disks that started from `base` apart, but for what their journals hold: after an unmount nobody looks at that, and
 * it differs with every order of commits. Pages that are still those of `base` cost nothing.
 */
export class ImageKeys {
  readonly #base = new Map<number, Uint8Array>();
  readonly #journal: readonly { readonly start: number; readonly end: number }[];

  constructor(base: DiskImage) {
    for (const { offset, pages } of base.extents()) {
      for (const [index, page] of pages.entries()) this.#base.set(offset + index * PAGE_BYTES, page);
    }
    this.#journal = journalRanges(base);
  }

  keyOf(image: DiskImage): string {
    const hash = createHash('sha1');
    for (const { offset, pages } of image.extents()) {
      for (const [index, page] of pages.entries()) {
        const at = offset + index * PAGE_BYTES;
        if (this.#base.get(at) === page || this.#inJournal(at)) continue;
        hash.update(`${at} `);
        hash.update(page);
      }
    }
    return hash.digest('base64');
  }

  #inJournal(at: number): boolean {
    return this.#journal.some(({ start, end }) => at >= start && at + PAGE_BYTES <= end);
  }
}

/** Bytes where the journal lies, if it is in extents of one level; else nothing is left out. */
function journalRanges(image: DiskImage): { start: number; end: number }[] {
  const bytes = new Uint8Array(1024);
  image.read(SUPERBLOCK_OFFSET, bytes);
  const view = new DataView(bytes.buffer);
  const blockSize = 1024 << view.getUint32(LOG_BLOCK_SIZE, true);
  const magic = view.getUint16(JOURNAL_BLOCKS, true);
  const depth = view.getUint16(JOURNAL_BLOCKS + 6, true);
  if (magic !== EXTENT_MAGIC || depth !== 0) return [];
  const count = Math.min(4, view.getUint16(JOURNAL_BLOCKS + 2, true));
  return Array.from({ length: count }, (_, index) => {
    const at = JOURNAL_BLOCKS + 12 + 12 * index;
    const start = view.getUint32(at + 8, true) * blockSize;
    return { start, end: start + view.getUint16(at + 4, true) * blockSize };
  });
}
