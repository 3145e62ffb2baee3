import { setImmediate } from 'node:timers/promises';
import { FuseAnswer } from '../fuse/answer.ts';
import type { FuseConnection } from '../fuse/connection.ts';
import { dispatch } from '../fuse/dispatch.ts';
import { TRANSFER_MAX_BYTES } from '../fuse/init-handler.ts';
import type { Libc } from '../fuse/libc.ts';
import type { FuseRequest } from '../fuse/request.ts';
import { BusyWait } from './busy-wait.ts';
import type { FuseDevice } from './fuse-device.ts';

/** What was changed is on the disk so many milliseconds later (the commit interval of ext4). */
const COMMIT_MS = 5000;

/** How long a wait for requests may keep signals and the like from being noticed. */
const WAIT_MS = 250;

/** Under a load that never ends, other work of this process has its turn so often. */
const TURN_MS = 50;

/** Above this, memory that only repeats what the disk has is given back. */
const MEMORY_MAX_BYTES = 1.5 * 2 ** 30;

/**
 * Answers the kernel's requests, one after the other, until the mount is gone. It never touches its own mount: whoever waits
 * for himself waits for ever.
 */
export class MountServer {
  readonly #libc: Libc;
  readonly #device: FuseDevice;
  readonly #connection: FuseConnection;
  readonly #answer = new FuseAnswer(TRANSFER_MAX_BYTES + 4096);
  readonly #busyWait = new BusyWait();
  readonly #look = () => this.#device.next();
  #requests = 0;
  #requestsCommitted = 0;
  #nextCommit = performance.now() + COMMIT_MS;

  constructor(libc: Libc, device: FuseDevice, connection: FuseConnection) {
    this.#libc = libc;
    this.#device = device;
    this.#connection = connection;
  }

  /** How many requests there were. */
  get requests(): number {
    return this.#requests;
  }

  /** Serves until the mount is gone, or `isOver` says so between two turns. Throws what the file system breaks with. */
  async serve(isOver: () => boolean): Promise<void> {
    for (;;) {
      if (this.#turn() || isOver()) return;
      this.#commit();
      await setImmediate();
    }
  }

  /** Serves until nothing has come for a while, or others have waited long enough; answers whether the mount is gone. */
  #turn(): boolean {
    const end = performance.now() + TURN_MS;
    do {
      const request = this.#look() ?? this.#busyWait.watch(this.#look);
      if (request === 'ended') return true;
      if (request !== null) this.#perform(request);
      else if (this.#libc.waitReadable(this.#device.file, WAIT_MS) !== true) return false;
    } while (performance.now() < end);
    return false;
  }

  #perform(request: FuseRequest): void {
    this.#requests++;
    const answer = dispatch(this.#connection, request, this.#answer);
    if (answer !== null) this.#device.answer(answer);
  }

  /** What the kernel's flusher and journal thread do by the clock. */
  #commit(): void {
    if (performance.now() < this.#nextCommit) return;
    this.#nextCommit = performance.now() + COMMIT_MS;
    if (this.#requests === this.#requestsCommitted) return;
    this.#requestsCommitted = this.#requests;
    const { tree } = this.#connection;
    tree.actAs(0, 0);
    tree.sync();
    if (process.memoryUsage.rss() > MEMORY_MAX_BYTES) tree.relieve();
  }
}
