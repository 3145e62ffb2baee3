import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeImage } from '../../image-file.ts';
import type { DiskImage } from '../../target.ts';
import { PerformerPool } from './performer-pool.ts';
import type { Performer } from './performer.ts';
import type { ImageSeat, Machine, Place } from './seat.ts';
import { SparseImage } from './sparse-image.ts';

/** The machine that this process runs on: images are mounted through loop devices, each in a mount namespace of its own. */
export class LocalMachine implements Machine {
  readonly #workspace: string;
  readonly #name: string;
  readonly #pool: PerformerPool;

  /** Files in the workspace begin with the name. */
  constructor(workspace: string, name: string) {
    this.#workspace = workspace;
    this.#name = name;
    this.#pool = new PerformerPool(workspace);
  }

  async seat(): Promise<ImageSeat> {
    const performer = await this.#pool.take();
    const folder = mkdtempSync(join(this.#workspace, `${this.#name}-`));
    const image = `${folder}.image`;
    return new LoopSeat(performer, image, folder, this.#pool);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

class LoopSeat implements ImageSeat {
  readonly performer: Performer;
  readonly #image: string;
  readonly #folder: string;
  readonly #pool: PerformerPool;

  constructor(performer: Performer, image: string, folder: string, pool: PerformerPool) {
    this.performer = performer;
    this.#image = image;
    this.#folder = folder;
    this.#pool = pool;
  }

  load(image: DiskImage): void {
    writeImage(image, this.#image);
  }

  place(type: string, options: readonly string[]): Place {
    return { kind: 'loop', image: this.#image, folder: this.#folder, type, options };
  }

  async disk(): Promise<DiskImage> {
    const { ranges = [] } = await this.performer.call({ call: 'ranges', path: this.#image });
    return SparseImage.load(this.#image, ranges);
  }

  release(): void {
    this.#remove();
    this.#pool.give(this.performer);
  }

  destroy(): void {
    this.performer.kill();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.#image, { force: true });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
