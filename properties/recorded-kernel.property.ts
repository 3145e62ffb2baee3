import { expect, test } from 'vitest';
import { addCrashes, NO_CRASHES } from '../harness/crash/crash-finding.ts';
import { crashItem } from '../harness/crash/crash-plan.ts';
import { searchStates } from '../harness/crash/crash-search.ts';
import { CRASH_MODES } from '../harness/crash/modes.ts';
import { TargetUnavailable } from '../harness/target.ts';
import type { GuestRecorder } from '../harness/targets/kernel/guest-recorder.ts';
import { kernelRecorder } from '../harness/targets/kernel/target-words.ts';
import { openWorkspace } from '../harness/workspace.ts';
import { FOR_EVER, withCrashJudges } from './crashing.fixture.ts';

/** More of them by hand: twinpath crash --target uml --seconds 600. */
const PROGRAMS = 10;
const STATES_PER_PROGRAM = 30;

function recorderHere(workspace: string): GuestRecorder | string {
  try {
    return kernelRecorder('uml', workspace) ?? 'uml is no recorder';
  } catch (error) {
    if (error instanceof TargetUnavailable) return error.message;
    throw error;
  }
}

test('what a power cut leaves of what the kernel wrote is recovered, and is what the rules permit', async (context) => {
  const workspace = await openWorkspace();
  const recorder = recorderHere(workspace.path);
  if (typeof recorder === 'string') {
    await workspace.remove();
    return context.skip(`unknown: ${recorder}`);
  }
  const modes = CRASH_MODES.filter(({ target }) => target === 'impl:buffer_head').map(({ name }) => name);
  const plan = {
    seed: 1,
    modes,
    blockSizes: [4096, 1024] as const,
    faults: [],
    recordedOn: 'uml',
    statesPerProgram: STATES_PER_PROGRAM,
    e2fsckEvery: 10,
    programs: PROGRAMS,
  };
  try {
    await withCrashJudges(async (judges) => {
      let totals = NO_CRASHES;
      for (let number = 0; number < PROGRAMS; number++) {
        const { program, seed, name } = crashItem(plan, number);
        const limits = { ...FOR_EVER, states: STATES_PER_PROGRAM, e2fsckEvery: 10 };
        const { found, ...counts } = await searchStates(program, seed, { ...judges, recorder }, limits);
        expect(found?.failure, name).toBeUndefined();
        totals = addCrashes(totals, {
          ...counts,
          programs: 1,
          operations: program.operations.length,
          cpu: 0,
        });
      }
      expect(totals.states).toBeGreaterThan(PROGRAMS * 10);
    });
  } finally {
    await recorder.close();
    await workspace.remove();
  }
}, 300_000);
