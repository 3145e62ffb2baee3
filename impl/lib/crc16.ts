/** CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, lowest bit first, without inversion at the end (lib/crc/crc16.c). */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/** The register after `data`. */
export function crc16(register: number, data: Uint8Array): number {
  let crc = register;
  for (const byte of data) crc = (crc >> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}
