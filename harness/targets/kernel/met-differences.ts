import type { Operation, Outcome } from '../../../model/index.ts';
import type { FailureSignature } from '../../failure.ts';
import type { Setup } from '../../setup.ts';
import { differencesOf, type KnownDifference } from './known-differences.ts';

/** Why an answer may be another than the model's. */
interface Excuse {
  readonly operation: Operation['op'];
  readonly name: string;
}

/** Which of the known differences a session has met so far, and which failures they explain. */
export class MetDifferences {
  readonly #setup: Setup;
  readonly #known: readonly KnownDifference[];
  /** Of the last answer. */
  #excuse: Excuse | null = null;
  /** Those that need something before them, which has been. */
  readonly #prepared = new Set<KnownDifference>();
  /** What has been met that spoils what comes after it. */
  readonly #spoilt = new Set<KnownDifference>();

  constructor(kernel: string, fileSystem: string, setup: Setup) {
    this.#setup = setup;
    this.#known = differencesOf(kernel, fileSystem, setup);
  }

  /** Takes an answer of the kernel; says whether what it stamped may have earlier times. */
  record(operation: Operation, outcome: Outcome): 'usual stamps' | 'older stamps' {
    // Whoever looks how far a transfer got that failed looks before the failure is judged.
    if (operation.op !== 'fstat') this.#excuse = null;
    let stamps: 'usual stamps' | 'older stamps' = 'usual stamps';
    for (const known of this.#known) {
      const ready = known.after === undefined || this.#prepared.has(known);
      if (known.after?.(operation, outcome, this.#setup) === true) this.#prepared.add(known);
      if (known.until?.(operation, outcome) === true) this.#prepared.delete(known);
      if (!ready || !known.applies(operation, outcome, this.#setup)) continue;
      if (known.effect === 'older-stamps') stamps = 'older stamps';
      else if (known.effect === 'spoils') this.#spoilt.add(known);
      else this.#excuse = { operation: operation.op, name: known.name };
    }
    return stamps;
  }

  /** The name of what explains a failure; null where nothing does. */
  excuse(failure: FailureSignature): string | null {
    const { kind, operation } = failure;
    // An answer that nobody could give so early is one of the space that there is.
    const ofAnswer = kind === 'result' || kind === 'space';
    if (ofAnswer && this.#excuse?.operation === operation) return this.#excuse.name;
    for (const { name, spoils } of this.#spoilt) if (spoils?.(failure) === true) return name;
    return null;
  }
}
