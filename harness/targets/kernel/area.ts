import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** As in guest/area.py: the parts for what comes of requests, and behind them the places for requests. */
export const PARTS = 4;
const PART_BYTES = 4 << 20;
export const ANSWERS_BYTES = 20_480;
const REQUESTS = 4;
const REQUEST_BYTES = 64 << 10;
const AREA_BYTES = PARTS * PART_BYTES + REQUESTS * REQUEST_BYTES;

/**
 * Where a performer puts what it reads: a copy of its area. On this machine the area is a file that both have; the name goes at once,
 * so that nothing of it stays. Then answers and long requests lie there, too.
 */
export class Area {
  /** Named to the performer; null where it cannot have our files. */
  readonly path: string | null;
  readonly #folder: string | null;
  readonly #file: number | null;
  #memory: Buffer | null = null;
  #shared = false;
  #requests = 0;

  /** A file in this folder, or none. */
  constructor(workspace: string | null) {
    this.#folder = workspace === null || workspace === '' ? null : mkdtempSync(join(workspace, 'area-'));
    this.path = this.#folder === null ? null : join(this.#folder, 'area');
    this.#file = this.path === null ? null : openSync(this.path, 'w+');
    if (this.#file !== null) ftruncateSync(this.#file, AREA_BYTES);
  }

  /** Whether the performer has the file, as it says itself. */
  get shared(): boolean {
    return this.#shared;
  }

  set shared(says: boolean) {
    this.#shared = says && this.#file !== null;
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

  /** Where the part begins that belongs to the request of this number, from 1. */
  startOfPart(request: number): number {
    return ((request - 1) % PARTS) * PART_BYTES;
  }

  /** Puts a request where the performer finds it; answers the number of its place, or null when there is none for so much. */
  leave(request: Uint8Array): number | null {
    if (!this.#shared || this.#file === null || request.length > REQUEST_BYTES) return null;
    const place = this.#requests++ % REQUESTS;
    writeSync(this.#file, request, 0, request.length, PARTS * PART_BYTES + place * REQUEST_BYTES);
    return place;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#shared = false;
  }

  #whole(): Buffer {
    this.#memory ??= Buffer.alloc(AREA_BYTES);
    return this.#memory;
  }
}
