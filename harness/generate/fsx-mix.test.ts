import { expect, test } from 'vitest';
import { Model } from '../../model/index.ts';
import { modelOptions, timeOfStep } from '../setup.ts';
import { Dice } from './dice.ts';
import { FSX_SETUP, fsxMix } from './fsx-mix.ts';

test('every call of the mix is one that succeeds, on a file within the limit of fsx', () => {
  let state = 1;
  // The generator of Park and Miller.
  const dice = new Dice({ nextInt: () => (state = (state * 48_271) % 2_147_483_647) });
  const { operations, steps } = fsxMix(dice, 500);
  expect(steps).toBe(500);
  const model = new Model(modelOptions(FSX_SETUP));
  const kinds = new Set<string>();
  for (const [step, operation] of operations.entries()) {
    kinds.add(operation.op === 'fallocate' ? operation.mode : operation.op);
    const outcome = model.step(operation, timeOfStep(step));
    expect([operation, outcome.ok]).toEqual([operation, true]);
    if (!outcome.ok || outcome.value.kind !== 'stat') continue;
    expect(outcome.value.stat.size).toBeLessThanOrEqual(262_144);
  }
  expect([...kinds].sort()).toEqual(
    [
      'allocate',
      'fstat',
      'ftruncate',
      'keep-size',
      'load',
      'mmap',
      'msync',
      'munmap',
      'open',
      'pread',
    ].concat(['punch', 'pwrite', 'store'].sort()),
  );
});
