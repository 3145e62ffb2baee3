/** Messages of the FUSE protocol as tables: fields in the order of the wire, little-endian, without padding of their own. */

/** 63 bits and more that stay exact: two unsigned words. */
export interface Words {
  readonly high: number;
  readonly low: number;
}

/** How a field is read and written, as text: `view` is the memory, and the message begins at byte `at` of it. */
interface FieldKind<T> {
  /** Bytes. */
  readonly width: number;
  /** An expression: the value at byte `offset` of the message. */
  readonly read: (offset: number) => string;
  /** Statements that put `value`, an expression, there. */
  readonly write: (offset: number, value: string) => string;
  /** Only the type checker asks. */
  readonly meaning?: T;
}

type Accessor = 'Uint16' | 'Uint32' | 'Int32';

const read = (what: Accessor, offset: number): string => `view.get${what}(at + ${offset}, true)`;

const write = (what: Accessor, offset: number, value: string): string =>
  `view.set${what}(at + ${offset}, ${value}, true);`;

const plain = (width: number, what: Accessor): FieldKind<number> => ({
  width,
  read: (offset) => read(what, offset),
  write: (offset, value) => write(what, offset, value),
});

const wide = (high: Accessor): FieldKind<number> => ({
  width: 8,
  read: (offset) => `${read(high, offset + 4)} * ${2 ** 32} + ${read('Uint32', offset)}`,
  write: (offset, value) =>
    write('Uint32', offset, `${value} >>> 0`) +
    write('Uint32', offset + 4, `Math.floor(${value} / ${2 ** 32}) >>> 0`),
});

export const u16 = plain(2, 'Uint16');
export const u32 = plain(4, 'Uint32');
export const i32 = plain(4, 'Int32');

/** A number below 2^53 is exact, a larger one nearly: sizes and offsets, of which ext4 has none that large. */
export const u64 = wide('Uint32');
export const i64 = wide('Int32');

export const words: FieldKind<Words> = {
  width: 8,
  read: (offset) => `{ high: ${read('Uint32', offset + 4)}, low: ${read('Uint32', offset)} }`,
  write: (offset, value) =>
    write('Uint32', offset, `${value}.low`) + write('Uint32', offset + 4, `${value}.high`),
};

/** Bytes that mean nothing; they are not read, and written as zeros. */
export const gap = (width: number): FieldKind<null> => ({ width, read: () => 'null', write: () => '' });

type AnyKind = FieldKind<number> | FieldKind<Words> | FieldKind<null>;

type Kinds = Readonly<Record<string, AnyKind>>;

type Value<F> = F extends FieldKind<infer T> ? T : never;

type Meaningful<K extends Kinds> = {
  [N in keyof K as Value<K[N]> extends null ? never : N]: Value<K[N]>;
};

/** The values of a message's fields. */
export type ValuesOf<L> = L extends Layout<infer V> ? V : never;

export interface Layout<V> {
  /** Bytes. */
  readonly size: number;
  read(view: DataView, at?: number): V;
  /** The memory must hold zeros. */
  write(view: DataView, at: number, values: V): void;
}

interface PlacedField {
  readonly name: string;
  readonly offset: number;
  readonly kind: FieldKind<unknown>;
}

/**
 * A table's functions are made from text, one for each table: what goes through the fields of any table by their names takes several times
 * as long, and a look-up that is answered has thirty.
 */
export function layout<const K extends Kinds>(kinds: K): Layout<Meaningful<K>> {
  const fields: PlacedField[] = [];
  let size = 0;
  for (const [name, kind] of Object.entries(kinds) as [string, FieldKind<unknown>][]) {
    if (!name.startsWith('gap')) fields.push({ name, offset: size, kind });
    size += kind.width;
  }
  const values = fields.map(({ name, offset, kind }) => `${name}: ${kind.read(offset)}`);
  const stores = fields.map(({ name, offset, kind }) => kind.write(offset, `values.${name}`));
  const text = `return {
    size: ${size},
    read(view, at = 0) { return { ${values.join(', ')} }; },
    write(view, at, values) { ${stores.join('\n')} },
  };`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The text is made of nothing but the tables in messages.ts.
  return (new Function(text) as () => Layout<Meaningful<K>>)();
}
