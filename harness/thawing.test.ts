import { expect, test } from 'vitest';
import { Model } from '../model/index.ts';
import { DEFAULT_SETUP, modelOptions, timeOfStep } from './setup.ts';
import { thawing } from './thawing.ts';

test('root thaws what a stranger could not, and the stranger goes on', () => {
  const model = new Model(modelOptions(DEFAULT_SETUP));
  expect(thawing(model)).toEqual([]);
  model.step({ op: 'freeze' }, timeOfStep(0));
  model.step({ op: 'setcreds', uid: 7, gid: 8, groups: [9] }, timeOfStep(1));
  expect(model.step({ op: 'thaw' }, timeOfStep(2)).ok).toBe(false);
  for (const operation of thawing(model))
    expect(model.step(operation, timeOfStep(3)).ok, operation.op).toBe(true);
  expect(model.frozen).toBe(false);
  expect(model.caller).toMatchObject({ uid: 7, gid: 8, groups: [9] });
});
