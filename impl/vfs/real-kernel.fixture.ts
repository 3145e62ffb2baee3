import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { test } from 'vitest';

/** Images mounted by the Linux that runs the tests. Only for tests. */

/** Mounts an image file, runs `use` with the folder, and unmounts whatever happens. */
export async function withKernelMount<T>(
  image: string,
  use: (folder: string) => Promise<T> | T,
  options: readonly string[] = [],
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'twinpath-mount-'));
  try {
    await execa('mount', ['-t', 'ext4', '-o', ['loop', ...options].join(','), image, folder]);
    try {
      return await use(folder);
    } finally {
      await execa('umount', [folder]);
    }
  } finally {
    await rmdir(folder);
  }
}

/** Is there root, a loop device and an ext4 in the kernel? Only trying tells. */
async function kernelMounts(): Promise<boolean> {
  const folder = await dir({ unsafeCleanup: true });
  try {
    const image = join(folder.path, 'image');
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', image, '2M']);
    await withKernelMount(image, () => undefined);
    return true;
  } catch {
    return false;
  } finally {
    await folder.cleanup();
  }
}

const KERNEL_MOUNTS = await kernelMounts();

/** A test that needs the kernel's ext4. Where it cannot run, its name says that the answer is unknown. */
export function kernelTest(name: string, body: () => Promise<void>): void {
  const told = KERNEL_MOUNTS ? name : `unknown, because this machine cannot mount images: ${name}`;
  test.skipIf(!KERNEL_MOUNTS)(told, body);
}
