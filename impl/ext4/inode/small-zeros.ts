/** So that what begins there may hold any number. */
const ALIGNMENT_BYTES = 8;
const SLAB_BYTES = 16_384;

let slab = new ArrayBuffer(SLAB_BYTES);
let used = 0;

/**
 * `length` zeros, a few dozen, cut from memory for many. What the engine does for a small buffer of which somebody wants to see
 * the bytes as numbers costs as much as an inode.
 */
export function smallZeros(length: number): Uint8Array {
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const bytes = new Uint8Array(slab, used, length);
  used += Math.ceil(length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  return bytes;
}
