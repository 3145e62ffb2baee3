/** A whole disk that lies still: nobody has it mounted. */
export interface Bytes {
  readonly sizeBytes: number;
  /** Fills `target` from byte `offset` on; the range lies within the disk. */
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
}

/** Makes the checksums around a part right again, whatever its bytes are now. */
export type Seal = (disk: Bytes) => void;

/** A field of a part. */
export interface PartField {
  readonly name: string;
  /** Byte in the part. */
  readonly offset: number;
  /** Bytes: 1, 2 and 4 are numbers, more are bytes. */
  readonly width: number;
}

/** One structure at its place on the disk. */
export interface Part {
  /** The kernel's name: `ext4_inode`. */
  readonly structure: string;
  /** Tells it from the others of its kind: `12`, `3 of inode 12`. */
  readonly place: string;
  /** Byte on the device. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  readonly endian: 'little' | 'big';
  readonly fields: readonly PartField[];
  /** Null where no checksum covers it. */
  readonly seal: Seal | null;
}

/** The table of a structure (lib/struct.ts), as far as a part needs it. */
export interface Table {
  readonly name: string;
  readonly endian: 'little' | 'big';
  readonly size: number;
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly width: number }>>;
}

/** Where a part lies and what seals it. */
export interface Placed {
  readonly place: string;
  readonly offset: number;
  readonly seal: Seal | null;
}

/** A part whose fields are those of a table; `size` says in bytes where it is cut short, as descriptors of 32 bytes are. */
export function tablePart(table: Table, placed: Placed, size = table.size): Part {
  const { name: structure, endian } = table;
  return { structure, endian, size, fields: fieldsOf(table, size), ...placed };
}

/** By table and size: an image has thousands of parts, and their fields never change. */
const FIELDS = new WeakMap<Table, Map<number, readonly PartField[]>>();

function fieldsOf(table: Table, size: number): readonly PartField[] {
  let bySize = FIELDS.get(table);
  if (bySize === undefined) {
    bySize = new Map<number, readonly PartField[]>();
    FIELDS.set(table, bySize);
  }
  let fields = bySize.get(size);
  if (fields === undefined) {
    fields = Object.entries(table.fields)
      .map(([name, { offset, width }]) => ({ name, offset, width }))
      .filter(({ offset, width }) => offset + width <= size);
    bySize.set(size, fields);
  }
  return fields;
}

/** A part that is nothing but bytes: a bitmap, a logged block. */
export function bytesPart(structure: string, placed: Placed, size: number): Part {
  const fields = [{ name: 'bytes', offset: 0, width: size }];
  return { structure, endian: 'little', size, fields, ...placed };
}

/** A part that is an array of 32-bit numbers, such as i_block of a file without extents. */
export function wordsPart(structure: string, placed: Placed, count: number): Part {
  const fields = Array.from({ length: count }, (_, index) => ({
    name: `[${index}]`,
    offset: 4 * index,
    width: 4,
  }));
  return { structure, endian: 'little', size: 4 * count, fields, ...placed };
}
