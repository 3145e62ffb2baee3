/**
 * The cut-down MD4 of indexed directories (half_md4_transform): three rounds of eight steps over eight words. Numbers are
 * 32 bits wide with a sign; `state` are four words, which change.
 */

/* eslint-disable @typescript-eslint/no-non-null-assertion --
   Indices are constants within the four words of the state and the eight of the input. */

const ROUND_2 = 0x5a827999;
const ROUND_3 = 0x6ed9eba1;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const choose = (x: number, y: number, z: number): number => z ^ (x & (y ^ z));

const majority = (x: number, y: number, z: number): number => ((x & y) + ((x ^ y) & z)) | 0;

/**
 * Every step stands here with its own words: whoever reads a directory hashes each of its names, and a loop over the steps, with
 * indices into the words, takes twice as long.
 */
export function halfMd4(state: Int32Array, input: Int32Array): void {
  const m0 = input[0]!;
  const m1 = input[1]!;
  const m2 = input[2]!;
  const m3 = input[3]!;
  const m4 = input[4]!;
  const m5 = input[5]!;
  const m6 = input[6]!;
  const m7 = input[7]!;
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;

  a = rotate((a + choose(b, c, d) + m0) | 0, 3);
  d = rotate((d + choose(a, b, c) + m1) | 0, 7);
  c = rotate((c + choose(d, a, b) + m2) | 0, 11);
  b = rotate((b + choose(c, d, a) + m3) | 0, 19);
  a = rotate((a + choose(b, c, d) + m4) | 0, 3);
  d = rotate((d + choose(a, b, c) + m5) | 0, 7);
  c = rotate((c + choose(d, a, b) + m6) | 0, 11);
  b = rotate((b + choose(c, d, a) + m7) | 0, 19);

  a = rotate((a + majority(b, c, d) + m1 + ROUND_2) | 0, 3);
  d = rotate((d + majority(a, b, c) + m3 + ROUND_2) | 0, 5);
  c = rotate((c + majority(d, a, b) + m5 + ROUND_2) | 0, 9);
  b = rotate((b + majority(c, d, a) + m7 + ROUND_2) | 0, 13);
  a = rotate((a + majority(b, c, d) + m0 + ROUND_2) | 0, 3);
  d = rotate((d + majority(a, b, c) + m2 + ROUND_2) | 0, 5);
  c = rotate((c + majority(d, a, b) + m4 + ROUND_2) | 0, 9);
  b = rotate((b + majority(c, d, a) + m6 + ROUND_2) | 0, 13);

  a = rotate((a + (b ^ c ^ d) + m3 + ROUND_3) | 0, 3);
  d = rotate((d + (a ^ b ^ c) + m7 + ROUND_3) | 0, 9);
  c = rotate((c + (d ^ a ^ b) + m2 + ROUND_3) | 0, 11);
  b = rotate((b + (c ^ d ^ a) + m6 + ROUND_3) | 0, 15);
  a = rotate((a + (b ^ c ^ d) + m1 + ROUND_3) | 0, 3);
  d = rotate((d + (a ^ b ^ c) + m5 + ROUND_3) | 0, 9);
  c = rotate((c + (d ^ a ^ b) + m0 + ROUND_3) | 0, 11);
  b = rotate((b + (c ^ d ^ a) + m4 + ROUND_3) | 0, 15);

  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */
