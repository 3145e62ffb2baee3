import { execa, ExecaError } from 'execa';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { withDir } from 'tmp-promise';
import { withKernelMount } from '../kernel-mount.fixture.ts';
import type { Answer, Program } from './call.fixture.ts';

/** What the real kernel answers. */

const PERFORMER = fileURLToPath(new URL('performer.py', import.meta.url));

const OPTIONS = ['-q', '-F', '-t', 'ext4', '-b', '1024', '-N', '8192'];

/**
 * Runs each program in a folder of its own, all on one file system made with these features (mke2fs -O). Null when the
 * kernel was built without what such a file system needs.
 */
export async function askKernel(
  programs: readonly Program[],
  features: readonly string[],
): Promise<readonly Answer[][] | null> {
  const input = programs.map((program, index) => JSON.stringify([folderOf(index), program])).join('\n');
  return await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      await execa('mke2fs', [...OPTIONS, '-O', ['^has_journal', ...features].join(','), image, '32M']);
      if (!(await isMountable(image))) return null;
      return await withKernelMount(image, async (root) => {
        const { stdout } = await execa('python3', [PERFORMER, root], { input });
        return stdout.split('\n').map((line) => JSON.parse(line) as Answer[]);
      });
    },
    { unsafeCleanup: true },
  );
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
