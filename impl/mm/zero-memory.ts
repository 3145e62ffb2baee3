/** So many bytes at a time: a larger fill goes past the processor's caches, and whoever reads the zeros next waits for them. */
const STEP_BYTES = 16 << 10;

/** Bytes [from, end) of the memory become zero (folio_zero_range). */
export function zeroMemory(memory: Uint8Array, from: number, end: number): void {
  for (let at = from; at < end; at += STEP_BYTES) memory.fill(0, at, Math.min(at + STEP_BYTES, end));
}
