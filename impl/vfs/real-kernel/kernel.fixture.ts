import { execa, ExecaError } from 'execa';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withDir } from 'tmp-promise';
import { withKernelMount } from '../kernel-mount.fixture.ts';
import type { MountOptions } from '../../ext4/super/mount-options.ts';
import type { Answer, Program } from './call.fixture.ts';
import { frame, framesIn } from './frames.fixture.ts';
import { programAnswers, programRequests } from './requests.fixture.ts';
import { PYTHON } from '../python.fixture.ts';

/** What the real kernel answers, as the performer in guest/ says it: the same that the harness has perform. */

const PERFORMER = fileURLToPath(new URL('../../../guest', import.meta.url));

const OPTIONS = ['-q', '-F', '-t', 'ext4', '-N', '8192'];

/** How both file systems are made and mounted, beside their features. */
export interface Setting {
  /** Bytes. */
  readonly blockSize?: 1024 | 2048 | 4096;
  /** Of ours. */
  readonly mount?: Partial<MountOptions>;
  /** mount -o of the kernel's. */
  readonly kernelMount?: readonly string[];
}

/**
 * Runs each program in a folder of its own, all on one file system made with these features (mke2fs -O). Null when the
 * kernel was built without what such a file system needs.
 */
export async function askKernel(
  programs: readonly Program[],
  features: readonly string[],
  { blockSize = 1024, kernelMount = [] }: Setting = {},
): Promise<readonly Answer[][] | null> {
  return await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      const format = ['-b', `${blockSize}`, '-O', ['^has_journal', ...features].join(',')];
      await execa('mke2fs', [...OPTIONS, ...format, image, '32M']);
      if (!(await isMountable(image))) return null;
      const perform = async (root: string): Promise<readonly Answer[][]> => {
        for (const [index] of programs.entries()) await mkdir(`${root}/${folderOf(index)}`);
        return await answersBelow(root, programs);
      };
      return await withKernelMount(image, perform, kernelMount);
    },
    { unsafeCleanup: true },
  );
}

/** The performer is asked everything at once: who it is comes first, then where it stands, its answers, and that it goes. */
async function answersBelow(root: string, programs: readonly Program[]): Promise<Answer[][]> {
  const input = Buffer.concat(
    programs.flatMap((program, index) => {
      const place = { kind: 'folder', folder: `${root}/${folderOf(index)}` };
      return [frame({ call: 'stand', place, paced: false }), programRequests(program), frame({ call: 'go' })];
    }),
  );
  const { stdout } = await execa(PYTHON, ['-B', PERFORMER], { input, encoding: 'buffer' });
  const frames = framesIn(stdout).slice(1);
  return programs.map((program) => {
    const [, ...answers] = frames.splice(0, program.length + 2);
    return programAnswers(program, answers);
  });
}

async function isMountable(image: string): Promise<boolean> {
  try {
    await withKernelMount(image, () => Promise.resolve());
    return true;
  } catch (error) {
    if (error instanceof ExecaError) return false;
    throw error;
  }
}

export const folderOf = (index: number): string => `p${index}`;

/** The machine's sysctl fs.protected_hardlinks. */
export async function protectsHardlinks(): Promise<boolean> {
  return (await readFile('/proc/sys/fs/protected_hardlinks', 'utf8')).trim() !== '0';
}
