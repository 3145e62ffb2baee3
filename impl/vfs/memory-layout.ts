import { PAGE_BYTES } from '../mm/page.ts';
import { wholeMemory, type UserMemory } from '../mm/user-memory.ts';
import type { TransferOptions } from './types.ts';

/**
 * The memory of a call. Pieces that lie one behind the other are one: the kernel joins what follows in a page. Memory that ends at
 * `faultAt` ends with its page; other memory begins `misaligned` bytes behind the start of one.
 */
export function memoryOf(bytes: Uint8Array, options: TransferOptions | undefined): UserMemory {
  if (options === undefined) return wholeMemory(bytes);
  const { misaligned = 0, faultAt } = options;
  const { length } = bytes;
  if (faultAt === undefined) return { bytes, length, pieces: [{ length, pageOffset: misaligned }] };
  const there = Math.min(faultAt, length);
  const pageOffset = (PAGE_BYTES - (there % PAGE_BYTES)) % PAGE_BYTES;
  return { bytes: bytes.subarray(0, there), length, pieces: [{ length, pageOffset }] };
}
