import { execa } from 'execa';
import { mkdtemp, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'vitest';
import { PYTHON } from './python.fixture.ts';

/** The real kernel's ext4, through a loop device, where the machine has one and we are root. Only for tests. */

/** Mounts the image while `use` runs, and unmounts it whatever happens. */
export async function withKernelMount<T>(
  image: string,
  use: (root: string) => Promise<T> | T,
  options: readonly string[] = [],
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'twinpath-mount-'));
  try {
    await execa('mount', ['-t', 'ext4', '-o', ['loop', ...options].join(','), image, root]);
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
async function whyNoMount(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'not root';
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

async function whyNoPython(): Promise<string | null> {
  const python = await execa(PYTHON, ['-c', 'import os; os.setxattr'], { reject: false });
  return python.exitCode === 0 ? null : 'no python3 with os.setxattr';
}

type KernelTest = (name: string, body: (context: TestContext) => Promise<void>) => void;

const TIMEOUT_MS = 60_000;

/** Tests that say `unknown`, and count as skipped, where there is a reason against them. */
const testUnless =
  (reason: string | null): KernelTest =>
  (name, body) => {
    const whole = async (context: TestContext): Promise<void> => {
      if (reason !== null) context.skip(`unknown: ${reason}`);
      await body(context);
    };
    test(name, whole, TIMEOUT_MS);
  };

const NO_MOUNT = await whyNoMount();

/** A test that mounts an image in the kernel. */
export const kernelTest = testUnless(NO_MOUNT);

/** A test that has a script of python ask the kernel. */
export const scriptedKernelTest = testUnless(NO_MOUNT ?? (await whyNoPython()));

/** Runs a script of python under `root`, with `input` as JSON; answers the JSON that it prints. */
export async function python(script: string, root: string, input: unknown): Promise<unknown> {
  const inputFile = join(await mkdtemp(join(tmpdir(), 'twinpath-input-')), 'input');
  try {
    await writeFile(inputFile, JSON.stringify(input));
    const { stdout } = await execa(PYTHON, ['-c', script, root, inputFile]);
    return JSON.parse(stdout) as unknown;
  } finally {
    await execa('rm', ['-r', join(inputFile, '..')]);
  }
}
