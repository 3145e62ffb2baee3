import { execa } from 'execa';
import { mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'vitest';

/** The real kernel's ext4, through a loop device, where the machine has one and we are root. Only for tests. */

/** Mounts the image while `use` runs. */
export async function withKernelMount<T>(
  image: string,
  use: (root: string) => Promise<T>,
  options = 'loop',
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'twinpath-mount-'));
  try {
    await execa('mount', ['-t', 'ext4', '-o', options, image, root]);
    try {
      return await use(root);
    } finally {
      await execa('umount', [root]);
    }
  } finally {
    await rmdir(root);
  }
}

/** Why this machine cannot ask its kernel; null when it can. */
async function whyNot(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'not root';
  const python = await execa('python3', ['-c', 'import os; os.setxattr'], { reject: false });
  if (python.exitCode !== 0) return 'no python3 with os.setxattr';
  const image = join(await mkdtemp(join(tmpdir(), 'twinpath-probe-')), 'image');
  try {
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', image, '2M']);
    await withKernelMount(image, () => Promise.resolve());
    return null;
  } catch (error) {
    return `cannot mount through a loop device: ${String(error).split('\n')[0]}`;
  } finally {
    await execa('rm', ['-r', join(image, '..')]);
  }
}

const REASON = await whyNot();

/** A test that asks the kernel. Where that is impossible it says so, and counts as skipped. */
export function kernelTest(
  name: string,
  body: (context: TestContext) => Promise<void>,
  timeout = 60_000,
): void {
  test(
    name,
    async (context: TestContext) => {
      if (REASON !== null) context.skip(`unknown: ${REASON}`);
      await body(context);
    },
    timeout,
  );
}

/** Runs a script of python under `root`, with `input` as JSON; answers the JSON that it prints. */
export async function python(script: string, root: string, input: unknown): Promise<unknown> {
  const inputFile = join(await mkdtemp(join(tmpdir(), 'twinpath-input-')), 'input');
  try {
    await writeFile(inputFile, JSON.stringify(input));
    const { stdout } = await execa('python3', ['-c', script, root, inputFile]);
    return JSON.parse(stdout) as unknown;
  } finally {
    await execa('rm', ['-r', join(inputFile, '..')]);
  }
}
