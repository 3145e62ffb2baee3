import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** As in guest/area.py. */
const AREA_BYTES = 4 * (4 << 20);

/**
 * Where a performer puts what it reads: a copy of its area, brought up to date by each of its frames. On this machine the area is
 * a file that both have; the name goes at once, so that nothing of it stays.
 */
export class Area {
  /** Named to the performer; null where it cannot have our files. */
  readonly path: string | null;
  readonly #folder: string | null;
  readonly #file: number | null;
  #memory: Buffer | null = null;

  /** A file in this folder, or none. */
  constructor(workspace: string | null) {
    this.#folder = workspace === null || workspace === '' ? null : mkdtempSync(join(workspace, 'area-'));
    this.path = this.#folder === null ? null : join(this.#folder, 'area');
    this.#file = this.path === null ? null : openSync(this.path, 'w+');
  }

  /** The performer has it, or will never have it. */
  forgetName(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true });
  }

  /** Takes what lies from `start` to `end` out of the file. */
  refresh(start: number, end: number): void {
    if (this.#file !== null && end > start) readSync(this.#file, this.#whole(), start, end - start, start);
  }

  /** Takes what the performer has sent of it. */
  put(bytes: Uint8Array, start: number): void {
    this.#whole().set(bytes, start);
  }

  /** Until the performer comes back to this part of it. */
  bytes(start: number, length: number): Buffer {
    return this.#whole().subarray(start, start + length);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }

  #whole(): Buffer {
    this.#memory ??= Buffer.alloc(AREA_BYTES);
    return this.#memory;
  }
}
