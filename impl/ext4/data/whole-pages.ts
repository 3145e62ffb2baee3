import { ensureBuffers } from '../../buffer/folio-buffers.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { grabIdle } from '../../mm/filemap.ts';
import type { Folio } from '../../mm/folio.ts';
import { PAGE_BYTES } from '../../mm/page.ts';
import { preemptible } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { isMapped } from '../mapping/extent-status.ts';
import { knownMapping, type BlockMapping } from '../mapping/map-blocks.ts';
import { affordable, reserveIfFree } from '../mapping/reservation.ts';

/**
 * The first whole pages of a write with delayed allocation that nobody has to wait for: how their blocks lie is known, space for them
 * is there, and nobody works on their folios. They come to what the write comes to that goes page by page; only promises are made for
 * all of them together, and what lies side by side in memory is copied in one go, because for one page calls cost more than the copy.
 * Answers the folios that were written, none where the first page has to go the other way; so does a single one, which has less to be
 * put together there.
 */
export function writeWholePages(inode: Inode, position: number, source: Uint8Array): readonly Folio[] {
  const pages = Math.floor(source.length / PAGE_BYTES);
  if (pages < 2 || position % PAGE_BYTES !== 0 || inode.blockSize !== PAGE_BYTES || preemptible())
    return NONE;
  const first = position / PAGE_BYTES;
  const known = knownMapping(inode, first, pages);
  if (known === null) return NONE;
  if (known.type === 'hole' && affordable(inode, first, known.length) < known.length) return NONE;
  const folios = grabIdle(inode.mapping, first, known.length);
  if (folios.length === 0) return NONE;
  const placed = known.type !== 'hole' || reserveIfFree(inode, first, folios.length);
  if (placed) {
    copyInto(folios, source);
    for (const folio of folios) noteWritten(inode, folio, known);
  }
  for (const folio of folios) folio.unlock();
  return placed ? folios : NONE;
}

const NONE: readonly Folio[] = [];

/** The source from its beginning on, with a call for each piece of memory that the folios make up. */
function copyInto(folios: readonly Folio[], source: Uint8Array): void {
  let from = 0;
  for (let next = 1; next <= folios.length; next++) {
    const [last, behind] = [folios[next - 1], folios[next]];
    if (last !== undefined && behind !== undefined && last.memory.isFollowedBy(behind.memory)) continue;
    const end = next * PAGE_BYTES;
    const bytes = from === 0 && end === source.length ? source : source.subarray(from * PAGE_BYTES, end);
    folios[from]?.memory.bytes(0, bytes.length).set(bytes);
    from = next;
  }
}

/** The folio's only block, which lies as `known` says, holds what was copied. */
function noteWritten(inode: Inode, folio: Folio, known: BlockMapping): void {
  const [buffer] = ensureBuffers(folio, PAGE_BYTES);
  if (buffer === undefined) return;
  if (!buffer.mapped) place(buffer, folio.index, known);
  buffer.uptodate = buffer.dirty = true;
  buffer.new = false;
  folio.uptodate = true;
  inode.mapping.markDirty(folio);
}

function place(buffer: BufferHead, logical: number, { type, physical, logical: first }: BlockMapping): void {
  buffer.mapped = true;
  buffer.unwritten = type === 'unwritten';
  if (isMapped(type)) buffer.block = physical + logical - first;
  else buffer.delay = true;
}
