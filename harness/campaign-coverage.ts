import type { Operation, Outcome } from '../model/index.ts';
import { mergedCallbacks } from './callbacks.ts';
import { CountGrid } from './count-grid.ts';
import { Coverage, possibleAnswers, type CoverageTable } from './coverage.ts';
import { FormatCoverage } from './format-coverage.ts';
import type { Setup } from './setup.ts';
import { SizeCoverage, type SizeTables } from './size-coverage.ts';
import { WayCoverage } from './way-coverage.ts';
import type { CallbackTable, CountTable, Target } from './target.ts';

/** What a campaign went through, from several sides. Tables hold zeros where one knows what could have been. */
export interface CoverageTables {
  /** By operation and answer. */
  readonly coverage: CoverageTable;
  /** What each operation could have answered. */
  readonly possible: Readonly<Record<string, readonly string[]>>;
  /** By operation, and ways of it that had success, then by target; null where that cannot perform it. */
  readonly ways: CallbackTable;
  /** What the targets did inside, by table and callback. */
  readonly callbacks: CallbackTable;
  /** By kind of transfer, then length and alignment. */
  readonly sizes: SizeTables;
  /** By operation and what the range of the file was before, on all targets that can tell. */
  readonly rangeStates: CountTable;
  /** Sequences, by what their file systems were like. */
  readonly formats: CountTable;
}

/** Counts all of it while a campaign goes on. */
export class CampaignCoverage {
  readonly #answers = new Coverage();
  readonly #ways = new WayCoverage();
  readonly #sizes = new SizeCoverage();
  readonly #formats = new FormatCoverage();

  sequence(setup: Setup): void {
    this.#formats.record(setup);
  }

  /** `targets` are the names of those that performed it. */
  operation({ blockSize }: Setup, operation: Operation, expected: Outcome, targets: readonly string[]): void {
    this.#answers.record(operation, expected);
    this.#ways.record(operation, expected, targets);
    this.#sizes.record(operation, blockSize);
  }

  tables(targets: readonly Target[]): CoverageTables {
    const rangeStates = new CountGrid();
    for (const target of targets) rangeStates.addAll(target.rangeStates?.() ?? {});
    return {
      coverage: this.#answers.table(),
      possible: possibleAnswers(),
      ways: this.#ways.table(targets),
      callbacks: mergedCallbacks(targets),
      sizes: this.#sizes.tables(),
      rangeStates: rangeStates.table(),
      formats: this.#formats.table(),
    };
  }
}
