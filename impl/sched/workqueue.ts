import type { Scheduler } from './scheduler.ts';
import { waitUntil, type Sleepable } from './sleepable.ts';
import type { Task } from './task.ts';

/**
 * Work that must not be done where it was found: an interrupt (the end of a bio) may not sleep, so it queues. One worker
 * takes the items in order (struct workqueue_struct).
 */
export class Workqueue {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #items: (() => Sleepable<void>)[] = [];
  readonly #worker: Task;
  #busy = false;

  constructor(scheduler: Scheduler, name: string) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#worker = scheduler.spawnWorker(
      name,
      () => this.#items.length > 0,
      () => this.#takeOne(),
    );
  }

  queue(item: () => Sleepable<void>): void {
    this.#items.push(item);
  }

  get idle(): boolean {
    return this.#items.length === 0 && !this.#busy;
  }

  /** flush_workqueue(): sleeps until everything queued so far is done. */
  *flush(): Sleepable<void> {
    yield* waitUntil(`work of ${this.name}`, () => this.idle);
  }

  /** Ends the worker; nothing may be queued any more. */
  stop(): void {
    this.#scheduler.stop(this.#worker);
  }

  *#takeOne(): Sleepable<void> {
    const item = this.#items.shift();
    if (item === undefined) return;
    this.#busy = true;
    yield* item();
    this.#busy = false;
  }
}
