import {
  anatomyOf,
  Corruption as CorruptionError,
  Failure,
  MemoryDisk,
  MountRefused,
  type Part,
} from '../../../generated/impl/index.ts';
import type { Corruption, DissectedImage, ImageField, ImagePart } from '../../corrupt/dissected-image.ts';
import { bytesFromHex, hexOf } from '../../corrupt/field-values.ts';
import type { DiskImage } from '../../target.ts';
import { findingText } from './finding-text.ts';
import { diskOf } from './target.ts';

/** Bytes of the superblock's place, and where in it the block size stands. */
const LOG_BLOCK_SIZE_OFFSET = 1024 + 0x18;
const LOG_BLOCK_SIZE_MAX = 6;

/** Takes an image apart, structure by structure. */
export function dissect(image: DiskImage): DissectedImage {
  return new Dissection(diskOf(image).snapshot());
}

class Dissection implements DissectedImage {
  readonly sizeBytes: number;
  readonly blockSize: number;
  readonly parts: readonly ImagePart[];
  readonly #disk: MemoryDisk;
  readonly #byName = new Map<string, Part>();

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
    this.sizeBytes = disk.sizeBytes;
    this.blockSize = blockSizeOf(disk);
    this.parts = anatomyOf(disk).map((part) => {
      this.#byName.set(nameOf(part), part);
      const { structure, place, fields, seal } = part;
      return { structure, place, fields, sealed: seal !== null };
    });
  }

  value(part: ImagePart, { name }: ImageField): number | string {
    const known = this.#byName.get(nameOf(part));
    const field = known?.fields.find((one) => one.name === name);
    if (known === undefined || field === undefined) return 0;
    const bytes = new Uint8Array(field.width);
    this.#disk.read(known.offset + field.offset, bytes);
    return isNumber(field.width) ? numberOf(bytes, known.endian) : hexOf(bytes);
  }

  damaged(corruptions: readonly Corruption[], seal: boolean): DiskImage {
    const disk = this.#disk.snapshot();
    const touched: Part[] = [];
    for (const corruption of corruptions) {
      if (corruption.kind === 'bit') flipBit(disk, corruption);
      else if (corruption.kind === 'block') this.#copyBlock(disk, corruption);
      else touched.push(...this.#setField(disk, corruption));
    }
    if (seal) for (const part of touched) part.seal?.(disk);
    return disk;
  }

  #setField(disk: MemoryDisk, corruption: Extract<Corruption, { kind: 'field' }>): Part[] {
    const part = this.#byName.get(nameOf(corruption));
    const field = part?.fields.find(({ name }) => name === corruption.field);
    if (part === undefined || field === undefined) return [];
    const { value } = corruption;
    const bytes =
      typeof value === 'number' ? bytesOfNumber(value, field.width, part.endian) : bytesFromHex(value);
    disk.write(part.offset + field.offset, bytes.subarray(0, field.width));
    return [part];
  }

  #copyBlock(disk: MemoryDisk, { block, from }: Extract<Corruption, { kind: 'block' }>): void {
    const end = (number: number): number => (number + 1) * this.blockSize;
    if (end(block) > this.sizeBytes || end(from ?? 0) > this.sizeBytes) return;
    const bytes = new Uint8Array(this.blockSize);
    if (from !== null) disk.read(from * this.blockSize, bytes);
    disk.write(block * this.blockSize, bytes);
  }
}

const nameOf = ({ structure, place }: { readonly structure: string; readonly place: string }): string =>
  `${structure}\n${place}`;

const isNumber = (width: number): boolean => width === 1 || width === 2 || width === 4;

function numberOf(bytes: Uint8Array, endian: 'little' | 'big'): number {
  const inOrder = endian === 'little' ? [...bytes].reverse() : [...bytes];
  return inOrder.reduce((sum, byte) => sum * 256 + byte, 0);
}

function bytesOfNumber(value: number, width: number, endian: 'little' | 'big'): Uint8Array {
  const bytes = Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** index) % 256);
  return endian === 'little' ? bytes : bytes.reverse();
}

function flipBit(disk: MemoryDisk, { offset, bit }: Extract<Corruption, { kind: 'bit' }>): void {
  if (offset >= disk.sizeBytes) return;
  const byte = new Uint8Array(1);
  disk.read(offset, byte);
  byte[0] = (byte[0] ?? 0) ^ (1 << (bit & 7));
  disk.write(offset, byte);
}

function blockSizeOf(disk: MemoryDisk): number {
  if (disk.sizeBytes < 2 * 1024) return 1024;
  const byte = new Uint8Array(1);
  disk.read(LOG_BLOCK_SIZE_OFFSET, byte);
  return 1024 * 2 ** Math.min(LOG_BLOCK_SIZE_MAX, byte[0] ?? 0);
}

/**
 * What a mount or a system call said instead of an answer, when it may say so: a refusal, a corruption with structure,
 * field and value, an errno. Null for anything else, which is a mistake of the target.
 */
export function refusalOf(error: unknown): string | null {
  if (error instanceof MountRefused) return `refused: ${error.message}`;
  if (error instanceof CorruptionError) return `corrupt: ${findingText(error.finding)}`;
  return error instanceof Failure ? error.errno : null;
}
