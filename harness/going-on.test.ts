import { expect, test } from 'vitest';
import { Model, type Operation } from '../model/index.ts';
import { goOn } from './going-on.ts';
import { Lane, type Participant } from './lockstep.ts';
import { ModelTarget, type Twist } from './model-target.fixture.ts';
import { DEFAULT_SETUP, modelOptions, timeOfStep } from './setup.ts';

const OPERATIONS: readonly Operation[] = [
  { op: 'mkdir', path: 'd', mode: 0o755 },
  { op: 'rmdir', path: 'd' },
  { op: 'mkdir', path: 'e', mode: 0o700 },
];

/** A file system on which somebody has performed the operations, and one who goes on with it. */
function mounted(twist: Twist): { lane: Lane; participant: Participant } {
  const model = new Model(modelOptions(DEFAULT_SETUP));
  const target = new ModelTarget('other', { twist });
  const session = target.start(DEFAULT_SETUP);
  for (const [step, operation] of OPERATIONS.entries()) {
    model.step(operation, timeOfStep(step));
    void session.apply(operation, timeOfStep(step));
  }
  const participant = { name: 'first', target, session };
  return { lane: new Lane(DEFAULT_SETUP, model, [participant]), participant };
}

test('the operations are performed on what was there, on a model of its own', async () => {
  const { lane, participant } = mounted((_, answer) => answer);
  const after = await goOn(lane, participant, OPERATIONS, OPERATIONS.length, 'elsewhere');
  expect(after).toBeInstanceOf(Lane);
  // The second mkdir of e is EEXIST, and d has come and gone once more: after the first round the root had other times.
  const times = [lane, after as Lane].map(({ model }) => model.tree().get('.')?.stat.mtime.seconds);
  expect(times[1]).toBeGreaterThan(times[0] ?? Infinity);
});

test('a wrong answer there belongs to whoever has begun, and says where it came from', async () => {
  const twist: Twist = ({ op }, answer, count) =>
    op === 'rmdir' && count > OPERATIONS.length ? { ok: false, errno: 'ENOTEMPTY' } : answer;
  const { lane, participant } = mounted(twist);
  expect(await goOn(lane, participant, OPERATIONS, OPERATIONS.length, 'after going on')).toMatchObject({
    failure: {
      kind: 'recovery',
      target: 'first',
      operation: 'rmdir',
      detail: 'after going on through other: rmdir errno ok/ENOTEMPTY',
    },
  });
});
