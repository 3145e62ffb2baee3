import { expect, test } from 'vitest';
import type { Operation } from '../model/index.ts';
import { runCase } from './drive.ts';
import { optionsFor } from './drive-options.fixture.ts';
import { ALL_STAGES, type Stages } from './finish.ts';
import { ModelTarget } from './model-target.fixture.ts';
import { DEFAULT_SETUP } from './setup.ts';
import type { Session } from './target.ts';

const OPERATIONS: readonly Operation[] = [{ op: 'mkdir', path: 'd', mode: 0o755 }];

class CountedTarget extends ModelTarget {
  mounts = 0;

  override mount(...given: Parameters<ModelTarget['mount']>): Session {
    this.mounts++;
    return super.mount(...given);
  }
}

/** How often each of two targets that leave the same bytes mounts something. */
async function mountsWith(stages: Partial<Stages>): Promise<number[]> {
  const targets = [new CountedTarget('a'), new CountedTarget('b')];
  const options = { ...optionsFor(targets), stages: { ...ALL_STAGES, ...stages } };
  expect((await runCase(DEFAULT_SETUP, OPERATIONS, options)).verdict).toEqual({ kind: 'holds' });
  return targets.map(({ mounts }) => mounts);
}

test('each target mounts the same bytes once', async () => {
  expect(await mountsWith({ recovery: false, goOn: false })).toEqual([1, 1]);
});

test('what was left by whom tells the same bytes apart where others go on', async () => {
  expect(await mountsWith({ recovery: false, goOn: true })).toEqual([2, 2]);
});

test('each target mounts its own after a power cut, and what it wrote itself', async () => {
  expect(await mountsWith({ recovery: true, remount: 'none' })).toEqual([1, 1]);
  expect(await mountsWith({ recovery: false, remount: 'same' })).toEqual([1, 1]);
});
