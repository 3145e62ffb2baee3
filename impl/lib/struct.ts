import { assert } from './assert.ts';

/**
 * On-disk structures as tables. A `struct` lays named fields over a DataView: nothing is copied, reads and writes go to
 * the block itself. The same table serves dumps, and the translation of a differing byte into a field's name.
 */
export interface Field<T> {
  readonly offset: number;
  readonly width: number;
  readonly type: 'u8' | 'u16' | 'u32' | 'bytes';
  /** Never present: carries the type of the value for the compiler. */
  readonly value?: T;
}

export const u8 = (offset: number): Field<number> => ({ offset, width: 1, type: 'u8' });
export const u16 = (offset: number): Field<number> => ({ offset, width: 2, type: 'u16' });
export const u32 = (offset: number): Field<number> => ({ offset, width: 4, type: 'u32' });
export const bytes = (offset: number, width: number): Field<Uint8Array> => ({ offset, width, type: 'bytes' });

type Fields = Readonly<Record<string, Field<unknown>>>;

type Value<F> = F extends Field<infer T> ? T : never;

export type Overlay<F extends Fields> = { -readonly [K in keyof F]: Value<F[K]> } & {
  readonly view: DataView;
  /** Byte offset of the structure in `view`. A walk may move it from one element to the next. */
  base: number;
};

export interface Struct<F extends Fields> {
  readonly name: string;
  readonly endian: 'little' | 'big';
  /** Bytes. */
  readonly size: number;
  readonly fields: F;
  at(view: DataView, base?: number): Overlay<F>;
}

export function struct<const F extends Fields>(
  name: string,
  endian: 'little' | 'big',
  size: number,
  fields: F,
): Struct<F> {
  const little = endian === 'little';
  class Over {
    readonly view: DataView;
    base: number;

    constructor(view: DataView, base: number) {
      this.view = view;
      this.base = base;
    }
  }
  Object.defineProperty(Over, 'name', { value: name });
  assertDisjoint(name, size, fields);
  for (const [key, field] of Object.entries(fields)) define(Over.prototype, key, field, little);
  return {
    name,
    endian,
    size,
    fields,
    at: (view, base = 0) => new Over(view, base) as unknown as Overlay<F>,
  };
}

function assertDisjoint(name: string, size: number, fields: Fields): void {
  const used = new Map<number, string>();
  for (const [key, field] of Object.entries(fields)) {
    assert(field.offset + field.width <= size, () => `${name}.${key} ends beyond ${size} bytes`);
    for (let byte = field.offset; byte < field.offset + field.width; byte++) {
      assert(!used.has(byte), () => `${name}.${key} overlaps ${name}.${used.get(byte) ?? ''}`);
      used.set(byte, key);
    }
  }
}

interface Self {
  readonly view: DataView;
  readonly base: number;
}

/** One accessor body per width, so that each field's closure stays monomorphic. */
function define(
  prototype: object,
  key: string,
  { offset, width, type }: Field<unknown>,
  little: boolean,
): void {
  const property = <T>(get: (this: Self) => T, set?: (this: Self, value: T) => void): void => {
    Object.defineProperty(prototype, key, { get, enumerable: true, ...(set && { set }) });
  };
  switch (type) {
    case 'u8':
      return property(
        function () {
          return this.view.getUint8(this.base + offset);
        },
        function (value) {
          this.view.setUint8(this.base + offset, value);
        },
      );
    case 'u16':
      return property(
        function () {
          return this.view.getUint16(this.base + offset, little);
        },
        function (value) {
          this.view.setUint16(this.base + offset, value, little);
        },
      );
    case 'u32':
      return property(
        function () {
          return this.view.getUint32(this.base + offset, little);
        },
        function (value) {
          this.view.setUint32(this.base + offset, value, little);
        },
      );
    case 'bytes':
      return property(function () {
        return new Uint8Array(this.view.buffer, this.view.byteOffset + this.base + offset, width);
      });
  }
}

/** Joins the two halves of a 64-bit field. Exact below 2^53, which every size and block number of ext4 is. */
export const join = (high: number, low: number): number => high * 2 ** 32 + low;

export const highHalf = (value: number): number => Math.floor(value / 2 ** 32);

export const lowHalf = (value: number): number => value % 2 ** 32;
