import type { DiskImage } from '../target.ts';

/** A field of a structure on a disk. */
export interface ImageField {
  readonly name: string;
  /** Bytes: 1, 2 and 4 hold a number, others bytes. */
  readonly width: number;
}

/** One structure at its place on a disk, by the names that the kernel gives them. */
export interface ImagePart {
  readonly structure: string;
  /** Tells it from the others of its kind. */
  readonly place: string;
  readonly fields: readonly ImageField[];
  /** Whether a checksum covers it. */
  readonly sealed: boolean;
}

/** A change to a disk, as plain data: what a saved case holds. */
export type Corruption =
  /** A field gets another value; bytes are given in hexadecimal. */
  | {
      readonly kind: 'field';
      readonly structure: string;
      readonly place: string;
      readonly field: string;
      readonly value: number | string;
    }
  | { readonly kind: 'bit'; readonly offset: number; readonly bit: number }
  /** A block becomes a copy of another one, or zeros. */
  | { readonly kind: 'block'; readonly block: number; readonly from: number | null };

/** An image whose structures are known. It stays as it is; corruptions make copies. */
export interface DissectedImage {
  readonly sizeBytes: number;
  /** Bytes. */
  readonly blockSize: number;
  readonly parts: readonly ImagePart[];
  /** What a field holds: a number, or bytes in hexadecimal. */
  value(part: ImagePart, field: ImageField): number | string;
  /**
   * A copy with these corruptions, one after the other. With `seal` the checksums around the changed fields are made right
   * afterwards. What names a structure that this image does not have changes nothing.
   */
  damaged(corruptions: readonly Corruption[], seal: boolean): DiskImage;
}
