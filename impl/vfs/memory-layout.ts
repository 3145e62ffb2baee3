import { PAGE_BYTES } from '../mm/page.ts';
import { wholeMemory, type MemoryPiece, type UserMemory } from '../mm/user-memory.ts';
import type { TransferOptions } from './types.ts';

/**
 * The memory of a call: each piece begins `misaligned` bytes behind the start of a page of its own. With `faultAt` the piece that
 * has this byte ends there with its last page, and what comes behind is nowhere.
 */
export function memoryOf(bytes: Uint8Array, options: TransferOptions | undefined): UserMemory {
  if (options === undefined) return wholeMemory(bytes);
  const { pieces = [], misaligned = 0, faultAt = Infinity } = options;
  const { length } = bytes;
  const laid: MemoryPiece[] = [];
  let position = 0;
  for (const wanted of [...pieces, length]) {
    const piece = Math.min(wanted, length - position);
    const there = faultAt - position;
    const pageOffset =
      there >= piece ? misaligned : (PAGE_BYTES - (Math.max(0, there) % PAGE_BYTES)) % PAGE_BYTES;
    laid.push({ length: piece, pageOffset });
    position += piece;
  }
  return { bytes: faultAt < length ? bytes.subarray(0, faultAt) : bytes, length, pieces: laid };
}
