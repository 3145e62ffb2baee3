import type { Setup } from '../setup.ts';

interface Snapshotable<T> {
  snapshot(): T;
  /** Nobody will ask for another one. */
  release?(): void;
}

/** How many different images are kept; a run meets few, because devices come in few sizes. */
const TEMPLATES_MAX = 96;

/** Fresh file systems: each is made once, and every session gets a snapshot of it, which costs next to nothing. */
export class ImageTemplates<Disk extends Snapshotable<Disk>> {
  readonly #make: (setup: Setup) => Disk;
  readonly #known = new Map<string, Disk>();

  constructor(make: (setup: Setup) => Disk) {
    this.#make = make;
  }

  diskFor(setup: Setup): Disk {
    // How it is mounted and looked at makes no difference to the image.
    const format = setup.format === undefined ? '' : JSON.stringify(setup.format);
    const key = `${setup.blockSize} ${setup.sizeBytes} ${setup.inodes ?? ''} ${setup.logLeft ?? ''}${format}`;
    const template = this.#known.get(key) ?? this.#make(setup);
    // The one that nobody has asked for the longest goes first.
    this.#known.delete(key);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= TEMPLATES_MAX && oldest !== undefined) {
      this.#known.get(oldest)?.release?.();
      this.#known.delete(oldest);
    }
    this.#known.set(key, template);
    return template.snapshot();
  }
}
