import type { Dice } from '../generate/dice.ts';

/** What a new value may be made from, besides the old one. */
export interface ValueContext {
  readonly dice: Dice;
  /** Blocks of the device, and bytes in each. */
  readonly blocks: number;
  readonly blockSize: number;
  /** What the same field holds in another structure of its kind. */
  readonly sibling: number | string;
}

/** A kind of damage to a number of `width` bytes. */
interface NumberKind {
  readonly name: string;
  value(old: number, width: number, context: ValueContext): number;
}

/** Everything that a careless reader of the disk might trip over. The result is cut to the width of the field. */
export const NUMBER_KINDS: readonly NumberKind[] = [
  { name: 'zero', value: () => 0 },
  { name: 'one', value: () => 1 },
  { name: 'all ones', value: () => 2 ** 32 - 1 },
  { name: 'one more', value: (old) => old + 1 },
  { name: 'one less', value: (old) => old - 1 + 2 ** 32 },
  { name: 'a few more', value: (old, _, { dice }) => old + dice.between(2, 64) },
  { name: 'twice', value: (old) => old * 2 },
  { name: 'half', value: (old) => Math.floor(old / 2) },
  { name: 'another bit', value: (old, width, { dice }) => flipBit(old, dice.below(8 * width)) },
  { name: 'highest bit', value: (old, width) => flipBit(old, 8 * width - 1) },
  { name: 'random', value: (_old, _width, { dice }) => dice.next() },
  { name: 'small', value: (_old, _width, { dice }) => dice.below(16) },
  { name: 'power of two', value: (_old, width, { dice }) => 2 ** dice.below(8 * width) },
  { name: 'first blocks', value: (_old, _width, { dice }) => dice.below(128) },
  { name: 'some block', value: (_old, _width, { dice, blocks }) => dice.below(blocks) },
  { name: 'last block', value: (_old, _width, { blocks }) => blocks - 1 },
  { name: 'behind the last block', value: (_old, _width, { blocks, dice }) => blocks + dice.below(2) },
  { name: 'block size', value: (_old, _width, { blockSize, dice }) => blockSize - 8 + 4 * dice.below(5) },
  { name: 'sibling', value: (old, _, { sibling }) => (typeof sibling === 'number' ? sibling : old) },
];

const flipBit = (value: number, bit: number): number => {
  const mask = 2 ** bit;
  return Math.floor(value / mask) % 2 === 0 ? value + mask : value - mask;
};

/** A kind of damage to bytes, which it may change in place. */
interface BytesKind {
  readonly name: string;
  damage(bytes: Uint8Array, context: ValueContext): void;
}

export const BYTES_KINDS: readonly BytesKind[] = [
  { name: 'zeros', damage: (bytes) => void bytes.fill(0) },
  { name: 'ones', damage: (bytes) => void bytes.fill(0xff) },
  {
    name: 'noise',
    damage: (bytes, { dice }) => bytes.forEach((_, index) => (bytes[index] = dice.below(256))),
  },
  { name: 'bit', damage: flipOne },
  {
    name: 'some bits',
    damage: (bytes, context) => {
      for (let count = context.dice.between(2, 40); count > 0; count--) flipOne(bytes, context);
    },
  },
  {
    name: 'byte',
    damage: (bytes, { dice }) => {
      bytes[dice.below(bytes.length)] = dice.pick([0, 1, 0x2e, 0x2f, 0x7f, 0x80, 0xff]);
    },
  },
  {
    name: 'word',
    damage: (bytes, { dice, blocks }) => {
      const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % 4));
      if (words.byteLength === 0) return;
      const word = dice.pick([0, 1, 2 ** 32 - 1, dice.next(), dice.below(blocks), blocks]);
      words.setUint32(4 * dice.below(words.byteLength / 4), word, dice.oneIn(2));
    },
  },
  {
    name: 'rest lost',
    damage: (bytes, { dice }) => void bytes.fill(0, dice.below(bytes.length)),
  },
  {
    name: 'sibling',
    damage: (bytes, { sibling }) => {
      if (typeof sibling === 'string') bytes.set(bytesFromHex(sibling).subarray(0, bytes.length));
    },
  },
];

function flipOne(bytes: Uint8Array, { dice }: ValueContext): void {
  const index = dice.below(bytes.length);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << dice.below(8));
}

/** Another value for a field that holds `old`. */
export function damagedValue(old: number | string, width: number, context: ValueContext): number | string {
  const { dice } = context;
  if (typeof old === 'number') {
    const kind = NUMBER_KINDS[dice.below(NUMBER_KINDS.length)];
    return (
      (((kind?.value(old, width, context) ?? 0) % 2 ** (8 * width)) + 2 ** (8 * width)) % 2 ** (8 * width)
    );
  }
  const bytes = bytesFromHex(old);
  const kind = BYTES_KINDS[dice.below(BYTES_KINDS.length)];
  if (bytes.length > 0) kind?.damage(bytes, context);
  return hexOf(bytes);
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const bytesFromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: Math.floor(text.length / 2) }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
