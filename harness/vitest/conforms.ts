import { describe, test } from 'vitest';
import { SHRINK_MS, trySequence, type ConformsOptions, type Subject } from './conformance.ts';

export { expectCase, trySequence, type ConformsOptions, type Subject } from './conformance.ts';
export type { Answer, Handler, Handlers } from '../targets/operations/handlers.ts';
export type { OperationsSubject } from '../targets/operations/operations-target.ts';

const SEQUENCES = 20;

/** What a sequence and its shrinking may take, in milliseconds. */
const patience = (shrinkMs: number): number => shrinkMs + 60_000;

/**
 * Declares tests, one a sequence: what is tested must answer each call as Linux does, and show the tree that Linux would.
 * A failure is made small, saved as a case file, and thrown with its report.
 */
export function conforms(name: string, subject: Subject, options: ConformsOptions = {}): void {
  const { sequences = SEQUENCES, seed = 1, shrinkMs = SHRINK_MS } = options;
  const numbers = Array.from({ length: sequences }, (_, number) => number);
  describe(`${name} answers as Linux does`, () => {
    test.each(numbers)(
      `sequence %i of seed ${seed}`,
      (number) => trySequence(name, subject, number, options),
      patience(shrinkMs),
    );
  });
}
