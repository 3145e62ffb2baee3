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
  assertDisjoint(name, size, fields);
  const Over = overlayClass(fields, endian === 'little');
  Object.defineProperty(Over, 'name', { value: name });
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

type OverlayClass = new (view: DataView, base: number) => object;

/**
 * The class of a table, made from text: functions of its own for every field. Closures over the offset would be one
 * function to the engine, which then sees the objects of all tables in it and looks `view` and `base` up by name each time.
 */
function overlayClass(fields: Fields, little: boolean): OverlayClass {
  const accessors = Object.entries(fields).map(([key, field]) => accessorsOf(key, field, little));
  const text = `return class {
    constructor(view, base) {
      this.view = view;
      this.base = base;
    }
    ${accessors.join('\n')}
  };`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The text is made of nothing but the tables in layout/.
  return (new Function(text) as () => OverlayClass)();
}

function accessorsOf(key: string, { offset, width, type }: Field<unknown>, little: boolean): string {
  const name = JSON.stringify(key);
  const at = `this.base + ${offset}`;
  if (type === 'bytes')
    return `get ${name}() { return new Uint8Array(this.view.buffer, this.view.byteOffset + ${at}, ${width}); }`;
  const bits = 8 * width;
  return `
    get ${name}() { return this.view.getUint${bits}(${at}, ${little}); }
    set ${name}(value) { this.view.setUint${bits}(${at}, value, ${little}); }`;
}

/**
 * Joins the two halves of a 64-bit field. Exact below 2^53, which every size and block number of ext4 is. Most have no high
 * half: what is small stays a small integer for the engine, where a sum with 0 * 2^32 would be a boxed double.
 */
export const join = (high: number, low: number): number => (high === 0 ? low : high * 2 ** 32 + low);

export const highHalf = (value: number): number => Math.floor(value / 2 ** 32);

export const lowHalf = (value: number): number => value >>> 0;
