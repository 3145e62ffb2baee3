import { expect } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { anatomyOf } from '../ext4/anatomy/anatomy.ts';
import type { Part } from '../ext4/anatomy/part.ts';
import type { Finding } from '../lib/corruption.ts';
import { onKernel, performCall, type Call } from './call-script.fixture.ts';
import { withImage } from './disk-image.fixture.ts';
import { testMount } from './test-mount.fixture.ts';

/** One field of one structure that gets another value. Only for tests. */
export interface Damage {
  readonly structure: string;
  /** Part of the name of its place: `inode 12`. */
  readonly place: string;
  readonly field: string;
  /** A number, or bytes. */
  readonly value: number | Uint8Array;
}

/** A disk without checksums, to be damaged structure by structure. */
export class Patient {
  readonly disk: MemoryDisk;
  readonly #parts: readonly Part[];

  constructor(disk: MemoryDisk) {
    this.disk = disk;
    this.#parts = anatomyOf(disk);
  }

  /** Throws where there is no such field, or more than one: a test would damage nothing, or anything. */
  damage({ structure, place, field, value }: Damage): void {
    const whole = new RegExp(`(^|\\s)${place}($|\\s)`);
    const found = this.#parts.filter((part) => part.structure === structure && whole.test(part.place));
    const [part] = found;
    const known = part?.fields.find(({ name }) => name === field);
    if (part === undefined || known === undefined || found.length > 1) {
      throw new Error(`${structure}.${field} at ${place}: ${found.length} such structures`);
    }
    const little = (number: number): Uint8Array =>
      Uint8Array.from({ length: known.width }, (_, index) => Math.floor(number / 256 ** index) % 256);
    this.disk.write(part.offset + known.offset, typeof value === 'number' ? little(value) : value);
  }

  /** What a field holds now. */
  value(structure: string, place: string, field: string): number {
    const whole = new RegExp(`(^|\\s)${place}($|\\s)`);
    const part = this.#parts.find((one) => one.structure === structure && whole.test(one.place));
    const known = part?.fields.find(({ name }) => name === field);
    if (part === undefined || known === undefined) throw new Error(`no ${structure}.${field} at ${place}`);
    const bytes = new Uint8Array(known.width);
    this.disk.read(part.offset + known.offset, bytes);
    return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  }
}

/** A call on what is damaged, and what came of it. */
export interface Answered {
  readonly call: Call;
  readonly answer: string;
  /** What was found wrong on the way; null when nothing was. */
  readonly finding: Finding | null;
}

/** What our file system answers; each answer that says that something is wrong must say what. */
export function ourAnswers(disk: MemoryDisk, calls: readonly Call[]): Answered[] {
  const fs = testMount(disk.snapshot(), { errors: 'continue' });
  let last = fs.corruption;
  const answered = calls.map((call): Answered => {
    const answer = performCall(fs, call);
    const finding = fs.corruption === last ? null : fs.corruption;
    last = fs.corruption;
    return { call, answer, finding };
  });
  fs.unmount();
  for (const { call, answer, finding } of answered) {
    if (['EUCLEAN', 'EBADMSG', 'EIO'].includes(answer)) expect(finding, JSON.stringify(call)).not.toBeNull();
  }
  return answered;
}

/** What the real kernel answers to the same, on a copy of the same disk. */
export const kernelAnswers = (disk: MemoryDisk, calls: readonly Call[]): Promise<string[]> =>
  withImage(disk, (image) => onKernel(image, calls));
