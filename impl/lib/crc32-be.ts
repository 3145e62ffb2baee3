/** The generator of CRC-32, most significant bit first. */
const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte << 24;
  for (let bit = 0; bit < 8; bit++) register = register < 0 ? (register << 1) ^ POLYNOMIAL : register << 1;
  return register >>> 0;
});

/** crc32_be(): CRC-32 with the most significant bit first, from `register` on and without a last inversion. */
export function crc32be(register: number, data: Uint8Array): number {
  let crc = register;
  for (const byte of data) crc = (crc << 8) ^ (TABLE[(crc >>> 24) ^ byte] ?? 0);
  return crc >>> 0;
}
