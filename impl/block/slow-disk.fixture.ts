import type { Scheduler } from '../sched/scheduler.ts';
import { waitUntil, type Sleepable } from '../sched/sleepable.ts';
import type { Bio, BioStatus } from './bio.ts';
import type { BlockDevice } from './block-device.ts';

/** A disk whose transfers end, once `slow`, when a task says so: each is a place where another call may run. Only for tests. */
export class SlowDisk implements BlockDevice {
  readonly sectors: number;
  readonly #disk: BlockDevice;
  readonly #queue: (() => void)[] = [];
  #slow = false;

  constructor(disk: BlockDevice) {
    this.#disk = disk;
    this.sectors = disk.sectors;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (this.#slow) this.#queue.push(() => this.#disk.submit(bio, endIo));
    else this.#disk.submit(bio, endIo);
  }

  slowDown(scheduler: Scheduler): void {
    this.#slow = true;
    scheduler.spawnDaemon('interrupts', this.#interrupts());
  }

  *#interrupts(): Sleepable<void> {
    for (;;) {
      yield* waitUntil('a transfer', () => this.#queue.length > 0);
      this.#queue.shift()?.();
    }
  }
}
