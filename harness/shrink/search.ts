import type { Operation } from '../../model/index.ts';
import { isSmaller } from './measure.ts';

export interface MinimiseProgress {
  /** The smallest sequence so far. */
  readonly operations: readonly Operation[];
  readonly runs: number;
  /** What is being tried. */
  readonly pass: string;
}

/** How long to look for a smaller sequence; it ends with whatever comes first. */
export interface MinimiseOptions {
  /** How often `stillFails` may be asked. */
  readonly budgetRuns: number;
  readonly budgetMs: number;
  /** Called after every run. */
  readonly onProgress?: ((progress: MinimiseProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether a candidate may be run at all; see `isFair` of harness/generate/fairness.ts. Everything may when absent. */
  readonly permitted?: ((candidate: readonly Operation[]) => boolean) | undefined;
}

export type StillFails = (candidate: readonly Operation[]) => Promise<boolean>;

/** Thrown through the passes when no more runs are allowed; minimise() catches it. */
export class SearchEnded extends Error {
  override readonly name = 'SearchEnded';
  readonly reason: 'budget' | 'aborted';

  constructor(reason: 'budget' | 'aborted') {
    super(`the search ended: ${reason}`);
    this.reason = reason;
  }
}

/** What all passes share: the smallest failing sequence so far, and the one way to look for a smaller one. */
export class Search {
  readonly #stillFails: StillFails;
  readonly #options: MinimiseOptions;
  readonly #deadlineMs: number;
  /** Candidates that were tried, as JSON. None is tried twice: it failed no longer then, or it became `current`. */
  readonly #tried = new Set<string>();
  #current: readonly Operation[];
  #runs = 0;
  pass = '';

  constructor(operations: readonly Operation[], stillFails: StillFails, options: MinimiseOptions) {
    this.#current = operations;
    this.#stillFails = stillFails;
    this.#options = options;
    this.#deadlineMs = performance.now() + options.budgetMs;
  }

  get current(): readonly Operation[] {
    return this.#current;
  }

  get runs(): number {
    return this.#runs;
  }

  /** Takes `candidate` for the current sequence if it is smaller and still fails. */
  async try(candidate: readonly Operation[]): Promise<boolean> {
    if (!isSmaller(candidate, this.#current)) return false;
    const key = JSON.stringify(candidate);
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    if (this.#options.permitted?.(candidate) === false) return false;
    this.#spend();
    const fails = await this.#stillFails(candidate);
    if (fails) this.#current = candidate;
    this.#options.onProgress?.({ operations: this.#current, runs: this.#runs, pass: this.pass });
    return fails;
  }

  /** Takes the first candidate that will do. */
  async tryFirst(candidates: Iterable<readonly Operation[]>): Promise<boolean> {
    for (const candidate of candidates) if (await this.try(candidate)) return true;
    return false;
  }

  #spend(): void {
    if (this.#options.signal?.aborted === true) throw new SearchEnded('aborted');
    const { budgetRuns } = this.#options;
    if (this.#runs >= budgetRuns || performance.now() >= this.#deadlineMs) throw new SearchEnded('budget');
    this.#runs++;
  }
}
