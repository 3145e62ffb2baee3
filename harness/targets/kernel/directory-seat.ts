import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Performer } from './performer.ts';
import type { Seat } from './seat.ts';

/** A sub-directory, and a performer that stands in it for good: who has given up his rights cannot leave. */
class DirectorySeat implements Seat {
  readonly performer: Performer;
  /** Resolves when the session is over and nothing is left of it. */
  readonly over: Promise<void>;
  readonly #folder: string;
  #end: () => void = () => undefined;

  constructor(performer: Performer, folder: string) {
    this.performer = performer;
    this.#folder = folder;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  disk(): Promise<null> {
    return Promise.resolve(null);
  }

  release(): void {
    void this.performer.end().finally(() => this.#remove());
  }

  destroy(): void {
    this.performer.kill();
    this.#remove();
  }

  /** Somebody who is not root must give himself back what the sequence took from him. */
  #remove(): void {
    openUp(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
    this.#end();
  }
}

/** The seats of a target, so that it can wait until nothing is left of any. */
export class DirectorySeats {
  readonly #taken = new Set<DirectorySeat>();

  take(performer: Performer, folder: string): DirectorySeat {
    const seat = new DirectorySeat(performer, folder);
    this.#taken.add(seat);
    void seat.over.then(() => this.#taken.delete(seat));
    return seat;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#taken].map(({ over }) => over));
  }
}

function openUp(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openUp(join(folder, entry.name));
}
