import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import {
  allTargets,
  canFail,
  generateSequence,
  openWorkspace,
  runOnFailingDevice,
  sequenceSeed,
  inTrouble,
  writeImage,
  type DiskImage,
} from '../harness/index.ts';

/**
 * Sequences of the whole vocabulary on devices of which the n-th read or write fails, or which end early. Longer by hand:
 * TWINPATH_FAILING_SEQUENCES=2000, from another one on with TWINPATH_FAILING_FROM.
 */
const SEQUENCES = Number(process.env['TWINPATH_FAILING_SEQUENCES'] ?? 24);
const FROM = Number(process.env['TWINPATH_FAILING_FROM'] ?? 0);
const SEED = 11;
const TIMEOUT_MS = 3_600_000;

describe('devices that fail', async () => {
  const workspace = await openWorkspace();
  afterAll(() => workspace.remove());

  /** The words of e2fsck, when `e2fsck -fy` does not leave a sound image. */
  async function unsound(image: DiskImage): Promise<string | null> {
    const path = `${workspace.path}/image`;
    writeImage(image, path);
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
    const fsck = (flags: string) => execa('e2fsck', [flags, path], { env, reject: false });
    const repair = await fsck('-fy');
    // Without an inode for /lost+found e2fsck keeps the block that it took for it, each time: nobody can judge that.
    if (repair.stdout.includes('Cannot allocate space for /lost+found')) return null;
    if (repair.exitCode !== 0 && repair.exitCode !== 1) return repair.stdout + repair.stderr;
    const check = await fsck('-fn');
    return check.exitCode === 0 ? null : `${repair.stdout}\n${check.stdout}`;
  }

  test.each(
    allTargets()
      .filter(canFail)
      .map((target) => [target.name, target] as const),
  )(
    '%s answers whatever happens, and e2fsck can repair what is left',
    { timeout: TIMEOUT_MS },
    async (_, target) => {
      const { unperformed } = target.capabilities;
      let [struck, told] = [0, 0];
      for (let number = FROM; number < FROM + SEQUENCES; number++) {
        const limits = { maxOperations: 60, blockSize: null, unperformed: [...unperformed] };
        const { setup, operations } = generateSequence(sequenceSeed(SEED, number), limits);
        const troubled = inTrouble(setup, sequenceSeed(SEED, number));
        const { trouble } = troubled;
        // A device that is mapped directly makes no transfers.
        if (trouble === undefined) continue;
        const run = await runOnFailingDevice(troubled, operations, target, { faults: [] });
        const context = { number, trouble };
        expect({ ...context, failed: run.failed?.evidence.details ?? run.failed }).toEqual({
          ...context,
          failed: null,
        });
        if (run.struck) struck++;
        if (run.told > 0) told++;
        if (run.image !== null)
          expect({ ...context, unsound: await unsound(run.image) }).toEqual({ ...context, unsound: null });
      }
      // Else nothing was tried.
      expect(struck).toBeGreaterThan(SEQUENCES / 4);
      expect(told).toBeGreaterThan(0);
    },
  );
});
