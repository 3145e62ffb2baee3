const FACTOR = 7152373;

/** The first hash of indexed directories (dx_hack_hash_signed, dx_hack_hash_unsigned): 32 bits with a sign. */
export function legacy(name: Uint8Array, unsigned: boolean): number {
  let last = 0x12a3fe2d;
  let beforeLast = 0x37abe8f9;
  for (const byte of name) {
    const char = unsigned ? byte : (byte << 24) >> 24;
    let hash = (beforeLast + (last ^ Math.imul(char, FACTOR))) | 0;
    if (hash < 0) hash = (hash - 0x7fffffff) | 0;
    beforeLast = last;
    last = hash;
  }
  return last << 1;
}
