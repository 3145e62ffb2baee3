/** Messages of the FUSE protocol as tables: fields in the order of the wire, little-endian, without padding of their own. */

/** 63 bits and more that stay exact: two unsigned words. */
export interface Words {
  readonly high: number;
  readonly low: number;
}

interface FieldKind<T> {
  /** Bytes. */
  readonly width: number;
  readonly read: (view: DataView, at: number) => T;
  readonly write: (view: DataView, at: number, value: T) => void;
}

export const u16: FieldKind<number> = {
  width: 2,
  read: (view, at) => view.getUint16(at, true),
  write: (view, at, value) => {
    view.setUint16(at, value, true);
  },
};

export const u32: FieldKind<number> = {
  width: 4,
  read: (view, at) => view.getUint32(at, true),
  write: (view, at, value) => {
    view.setUint32(at, value, true);
  },
};

export const i32: FieldKind<number> = {
  width: 4,
  read: (view, at) => view.getInt32(at, true),
  write: (view, at, value) => {
    view.setInt32(at, value, true);
  },
};

/** A number below 2^53 is exact, a larger one nearly: sizes and offsets, of which ext4 has none that large. */
export const u64: FieldKind<number> = {
  width: 8,
  read: (view, at) => view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
  write: (view, at, value) => {
    view.setUint32(at, value >>> 0, true);
    view.setUint32(at + 4, Math.floor(value / 2 ** 32) >>> 0, true);
  },
};

export const i64: FieldKind<number> = {
  width: 8,
  read: (view, at) => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
  write: u64.write,
};

export const words: FieldKind<Words> = {
  width: 8,
  read: (view, at) => ({ high: view.getUint32(at + 4, true), low: view.getUint32(at, true) }),
  write: (view, at, { high, low }) => {
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
  },
};

/** Bytes that mean nothing; they are not read, and written as zeros. */
export const gap = (width: number): FieldKind<null> => ({ width, read: () => null, write: () => undefined });

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
  readonly at: number;
  readonly kind: FieldKind<unknown>;
}

export function layout<const K extends Kinds>(kinds: K): Layout<Meaningful<K>> {
  const fields: PlacedField[] = [];
  let size = 0;
  for (const [name, kind] of Object.entries(kinds) as [string, FieldKind<unknown>][]) {
    if (!name.startsWith('gap')) fields.push({ name, at: size, kind });
    size += kind.width;
  }
  return {
    size,
    read(view, at = 0) {
      const values: Record<string, unknown> = {};
      for (const field of fields) values[field.name] = field.kind.read(view, at + field.at);
      return values as Meaningful<K>;
    },
    write(view, at, values) {
      const given = values as Record<string, unknown>;
      for (const field of fields) field.kind.write(view, at + field.at, given[field.name]);
    },
  };
}
