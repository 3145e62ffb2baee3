/** How far a copy is. */
export interface CopyProgress {
  /** Names of every kind that are done. */
  readonly entries: number;
  readonly bytes: number;
}

/** What is told and asked while a tree is copied. */
export interface CopyEvents {
  onProgress(progress: CopyProgress): void;
  /** Something was left out, and why. */
  onLeftOut(path: string, reason: string): void;
  /** Something that is true of the whole copy. */
  onRemark(text: string): void;
  readonly stop: AbortSignal;
}

/** How long a copy goes on before it lets a Ctrl-C in. */
const TURN_MS = 50;

/** Counts what is copied and lets the event loop turn now and then: all else happens without one. */
export class CopyWatch {
  readonly events: CopyEvents;
  entries = 0;
  bytes = 0;
  leftOut = 0;
  #turnedAt = performance.now();

  constructor(events: CopyEvents) {
    this.events = events;
  }

  get stopped(): boolean {
    return this.events.stop.aborted;
  }

  leave(path: string, reason: string): void {
    this.leftOut++;
    this.events.onLeftOut(path, reason);
  }

  /** Called often; sleeps seldom. */
  async turn(): Promise<void> {
    const now = performance.now();
    if (now - this.#turnedAt < TURN_MS) return;
    this.events.onProgress({ entries: this.entries, bytes: this.bytes });
    await new Promise(setImmediate);
    this.#turnedAt = performance.now();
  }
}
