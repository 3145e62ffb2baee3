import { expect, test } from 'vitest';
import { fails, HOLDS, unknown, worst } from './verdict.ts';

const failed = fails(
  { kind: 'tree', target: 't', step: null, operation: null, detail: '' },
  { summary: 'x' },
);

test('the worst verdict wins, and unknown is never a pass', () => {
  expect(worst([])).toBe(HOLDS);
  expect(worst([HOLDS, unknown('killed'), HOLDS]).kind).toBe('unknown');
  expect(worst([unknown('killed'), failed, HOLDS])).toBe(failed);
});

test('among equally bad ones the first is told', () => {
  expect(worst([unknown('one'), unknown('two')])).toMatchObject({ reason: 'one' });
});
