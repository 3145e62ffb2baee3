/** The Tiny Encryption Algorithm as a hash (TEA_transform): 16 cycles with four input words as the key. */

/* eslint-disable @typescript-eslint/no-non-null-assertion -- Indices are constants within the four words of each. */

const DELTA = 0x9e3779b9;
const CYCLES = 16;

/** Changes the first two words of `state`. */
export function tea(state: Int32Array, input: Int32Array): void {
  let x = state[0]!;
  let y = state[1]!;
  let sum = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    sum = (sum + DELTA) | 0;
    x = (x + (((y << 4) + input[0]!) ^ (y + sum) ^ ((y >>> 5) + input[1]!))) | 0;
    y = (y + (((x << 4) + input[2]!) ^ (x + sum) ^ ((x >>> 5) + input[3]!))) | 0;
  }
  state[0] = state[0]! + x;
  state[1] = state[1]! + y;
}
/* eslint-enable @typescript-eslint/no-non-null-assertion */
