import type { Operation } from '../../model/index.ts';
import type { Driven, DriveOptions } from '../drive.ts';
import { hasFeature } from '../format.ts';
import { complaintsOf, judgeImage } from '../judges/e2fsck.ts';
import type { Setup } from '../setup.ts';
import { canFail, type DiskImage } from '../target.ts';
import { fails, HOLDS, unknown, worst, type Verdict } from '../verdict.ts';
import { runOnFailingDevice } from './run-on-failing-device.ts';

/** Drives a sequence of which the setup says that the device goes wrong: each target by itself, for no two fail at the same moment. */
export async function driveFailing(
  setup: Setup,
  operations: readonly Operation[],
  options: DriveOptions,
): Promise<Driven> {
  const ended = (verdict: Verdict, executed: number): Driven => ({
    verdict,
    executed,
    images: Promise.resolve(HOLDS),
  });
  options.clock.enter('run');
  const repairs: Promise<Verdict>[] = [];
  for (const target of options.targets) {
    const { name } = target;
    if (!canFail(target)) return ended(unknown(`${name}: nobody can tell its device to fail`), 0);
    const run = await runOnFailingDevice(setup, operations, target, options);
    if (run.failed !== null) return ended(run.failed, run.performed);
    if (run.image !== null) repairs.push(repaired(name, run.image, setup, options));
  }
  return { verdict: HOLDS, executed: operations.length, images: Promise.all(repairs).then(worst) };
}

/** A device that failed leaves what it will, but nothing that e2fsck could not make sound. */
async function repaired(
  target: string,
  image: DiskImage,
  { format }: Setup,
  { e2fsck, images }: DriveOptions,
): Promise<Verdict> {
  if (e2fsck === null) return HOLDS;
  return images.lend(image, async (path) => {
    const { status, output } = await e2fsck.repair(path);
    // Without an inode for lost+found it keeps the block that it took for it, each time: nobody can judge that.
    if (output.includes(NO_LOST_AND_FOUND)) return HOLDS;
    if (status !== 0 && status !== 1) return unrepaired(target, output);
    const report = await e2fsck.check(path);
    if (hasFeature(format, 'bigalloc') && complainsOfItself(output, report.output)) return HOLDS;
    return judgeImage(target, 'when its device had failed, and e2fsck -fy had repaired it', report, image);
  });
}

const NO_LOST_AND_FOUND = 'Cannot allocate space for /lost+found';
const MAKES_LOST_AND_FOUND = '/lost+found not found.  Create?';
const MISMADE = /^Inode \d+ on bigalloc filesystem cannot be block mapped\./;
const STILL_WRONG = /: \*+ WARNING: Filesystem still has errors \*+$/;

/** With bigalloc it makes a lost+found in indirect blocks, of which alone it complains when it comes again (1.47.0). */
function complainsOfItself(repair: string, check: string): boolean {
  const complaints = complaintsOf(check).filter((line) => !STILL_WRONG.test(line));
  const [only = '', ...others] = complaints;
  return repair.includes(MAKES_LOST_AND_FOUND) && MISMADE.test(only) && others.length === 0;
}

const unrepaired = (target: string, output: string): Verdict =>
  fails(
    { kind: 'e2fsck', target, step: null, operation: null, detail: 'e2fsck -fy cannot repair it' },
    {
      summary: `e2fsck -fy cannot repair what ${target} left on a device that failed`,
      expected: 'e2fsck -fy exits with 0 or 1',
      observed: output,
    },
  );
