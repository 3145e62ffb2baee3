import { expect, test } from 'vitest';
import { addCrashes, NO_CRASHES } from '../harness/crash/crash-finding.ts';
import { crashItem } from '../harness/crash/crash-plan.ts';
import { searchStates } from '../harness/crash/crash-search.ts';
import { CRASH_MODES } from '../harness/crash/modes.ts';
import type { GuestRecorder } from '../harness/targets/kernel/guest-recorder.ts';
import type { GuestRecovery } from '../harness/targets/kernel/guest-recovery.ts';
import { kernelRecorder, kernelRecovery } from '../harness/targets/kernel/target-words.ts';
import { whyNoUml } from '../harness/targets/kernel/uml.fixture.ts';
import { openWorkspace } from '../harness/workspace.ts';
import { FOR_EVER, withCrashJudges } from './crashing.fixture.ts';

/** More of them by hand: twinpath crash --target uml --seconds 600. */
const PROGRAMS = 10;
const STATES_PER_PROGRAM = 30;

interface Kernels {
  readonly recorder: GuestRecorder;
  readonly kernel: GuestRecovery;
}

async function kernelsHere(workspace: string): Promise<Kernels | string> {
  const why = await whyNoUml();
  if (why !== null) return why;
  const [recorder, kernel] = [kernelRecorder('uml', workspace), kernelRecovery('uml', workspace)];
  return recorder === null || kernel === null ? 'uml is no recorder' : { recorder, kernel };
}

test('what a power cut leaves of what the kernel wrote is recovered by all alike, and is what the rules permit', async (context) => {
  const workspace = await openWorkspace();
  const kernels = await kernelsHere(workspace.path);
  if (typeof kernels === 'string') {
    await workspace.remove();
    return context.skip(`unknown: ${kernels}`);
  }
  const { recorder, kernel } = kernels;
  // What Linux acknowledges of fast commits may be lost: reports/kernel-findings/fast-commit-blocks-in-flight-at-the-flush.md.
  const modes = CRASH_MODES.filter(
    ({ target, name }) => target === 'impl:buffer_head' && name !== 'fast_commit',
  ).map(({ name }) => name);
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
    await withCrashJudges(async (crashes) => {
      const here = { ...crashes, recorder, judges: { ...crashes.judges, kernel } };
      let totals = NO_CRASHES;
      for (let number = 0; number < PROGRAMS; number++) {
        const { program, seed, name } = crashItem(plan, number);
        const limits = { ...FOR_EVER, states: STATES_PER_PROGRAM, e2fsckEvery: 10 };
        const { found, ...counts } = await searchStates(program, seed, here, limits);
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
    await kernel.close();
    await workspace.remove();
  }
}, 300_000);
