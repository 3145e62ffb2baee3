import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import { isOperation } from '../operation-schema.ts';
import { operationSequences } from './operations.ts';
import { simplerNumbers, simplerOperations } from './simpler.ts';

describe('simplerNumbers', () => {
  it('are nearer to zero, and lead to it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const simpler = simplerNumbers(value);
        for (const number of simpler) expect(Math.abs(number)).toBeLessThan(Math.abs(value));
        if (value !== 0) expect(simpler).toContain(0);
      }),
    );
  });

  it('offer whole blocks and the number just below', () => {
    expect(simplerNumbers(10_000)).toEqual(
      expect.arrayContaining([0, 1, 4096, 8192, 9216, 9728, 5000, 9999]),
    );
  });
});

describe('simplerOperations', () => {
  it('are operations of the same kind, and end', () => {
    const sequences = operationSequences({ setup: DEFAULT_SETUP, maxOperations: 20 });
    fc.assert(
      fc.property(sequences, (operations) => {
        for (const first of operations) {
          let operation: Operation | undefined = first;
          for (let steps = 0; operation !== undefined; steps++) {
            expect(steps).toBeLessThan(100);
            const [next]: Operation[] = [...simplerOperations(operation)];
            if (next !== undefined) expect([next.op, isOperation(next)]).toEqual([first.op, true]);
            operation = next;
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
