import { describe, expect, test } from 'vitest';
import { OPERATION_NAMES } from '../operation-schema.ts';
import { setupSchema } from '../setup.ts';
import type { GenerationLimits, Sequence } from '../generate-sequence.ts';
import { surveySequence } from './survey.ts';

const LIMITS: GenerationLimits = { maxOperations: 60, blockSize: null, dax: 'possible' };

function all(limits: GenerationLimits): Sequence[] {
  const found: Sequence[] = [];
  for (let number = 0; ; number++) {
    const sequence = surveySequence(number, limits);
    if (sequence === null) return found;
    found.push(sequence);
  }
}

describe('a survey', () => {
  test('has every operation', () => {
    const names = new Set(all(LIMITS).flatMap(({ operations }) => operations.map(({ op }) => op)));
    expect(OPERATION_NAMES.filter((name) => !names.has(name))).toEqual([]);
  });

  test('keeps to the limits of its campaign', () => {
    for (const { setup } of all(LIMITS)) expect(setupSchema.safeParse(setup).success).toBe(true);
    expect(new Set(all({ ...LIMITS, blockSize: 2048 }).map(({ setup }) => setup.blockSize))).toEqual(
      new Set([2048]),
    );
    expect(all({ ...LIMITS, dax: 'required' }).map(({ setup }) => setup.mount.dax)).toEqual([true]);
    const without = all({ ...LIMITS, dax: undefined, unperformed: ['swapon', 'fallocate collapse'] });
    expect(without.some(({ setup }) => setup.mount.dax === true)).toBe(false);
    const operations = without.flatMap((sequence) => sequence.operations);
    expect(operations.some(({ op }) => op === 'swapon')).toBe(false);
    expect(operations.some((each) => each.op === 'fallocate' && each.mode === 'collapse')).toBe(false);
  });
});
