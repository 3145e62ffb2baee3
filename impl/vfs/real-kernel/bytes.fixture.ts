/** Bytes that programs write, and how they are told when they are read. */

export const pattern = (seed: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7 + (index >> 8)) & 0xff);

/** How many, and their Adler-32 (RFC 1950). */
export function bytesRead(bytes: Uint8Array): readonly [count: number, sum: number] {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return [bytes.length, high * 65536 + low];
}
