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

export function halfMd4(state: Int32Array, input: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < 8; i += 4) {
    a = rotate((a + choose(b, c, d) + input[i]!) | 0, 3);
    d = rotate((d + choose(a, b, c) + input[i + 1]!) | 0, 7);
    c = rotate((c + choose(d, a, b) + input[i + 2]!) | 0, 11);
    b = rotate((b + choose(c, d, a) + input[i + 3]!) | 0, 19);
  }
  for (let i = 1; i >= 0; i--) {
    a = rotate((a + majority(b, c, d) + input[i]! + ROUND_2) | 0, 3);
    d = rotate((d + majority(a, b, c) + input[i + 2]! + ROUND_2) | 0, 5);
    c = rotate((c + majority(d, a, b) + input[i + 4]! + ROUND_2) | 0, 9);
    b = rotate((b + majority(c, d, a) + input[i + 6]! + ROUND_2) | 0, 13);
  }
  for (let i = 3; i >= 1; i -= 2) {
    a = rotate((a + (b ^ c ^ d) + input[i]! + ROUND_3) | 0, 3);
    d = rotate((d + (a ^ b ^ c) + input[i + 4]! + ROUND_3) | 0, 9);
    c = rotate((c + (d ^ a ^ b) + input[i - 1]! + ROUND_3) | 0, 11);
    b = rotate((b + (c ^ d ^ a) + input[i + 3]! + ROUND_3) | 0, 15);
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */
