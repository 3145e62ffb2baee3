import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../model/index.ts';
import type { FailureSignature } from './failure.ts';
import type { Setup } from './setup.ts';

/** One line of history.jsonl: what was tried, written before it is; then what came of it. */
export type HistoryEvent =
  | {
      readonly type: 'sequence';
      /** Number of the sequence in its run, from 0. */
      readonly sequence: number;
      /** What the sequence was generated from. */
      readonly seed: number;
      readonly setup: Setup;
      readonly operations: readonly Operation[];
    }
  | {
      /** Every target answered each of these operations as the model of `sequence` does, unless there is a failure. */
      readonly type: 'driven';
      readonly sequence: number;
      readonly executed: number;
      readonly failure: FailureSignature | null;
    }
  | {
      /** The last word on the sequence, with e2fsck's. */
      readonly type: 'judged';
      readonly sequence: number;
      readonly verdict: 'holds' | 'fails' | 'unknown';
      readonly reason?: string;
    };

/** How long a file of the history gets before the next one is begun, in characters; one predecessor is kept. */
const FILE_LENGTH_MAX = 32 * 1024 * 1024;

/** An append-only record of a run. A line is handed to the kernel at once, so it survives a kill of this process. */
export class History {
  readonly #path: string;
  readonly #previousPath: string;
  #file: number;
  #length = 0;

  constructor(folder: string) {
    this.#path = join(folder, 'history.jsonl');
    this.#previousPath = join(folder, 'history.previous.jsonl');
    this.#file = openSync(this.#path, 'a');
  }

  append(event: HistoryEvent): void {
    const line = `${JSON.stringify(event)}\n`;
    if (this.#length > 0 && this.#length + line.length > FILE_LENGTH_MAX) this.#rotate();
    writeSync(this.#file, line);
    this.#length += line.length;
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    renameSync(this.#path, this.#previousPath);
    this.#file = openSync(this.#path, 'a');
    this.#length = 0;
  }
}
