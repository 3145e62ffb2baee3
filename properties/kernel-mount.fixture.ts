import { execa } from 'execa';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { PYTHON } from '../harness/targets/kernel/performer.ts';

/**
 * Why the kernel of this machine cannot be asked, or not of images with these features; null when it can. Tests that need
 * it say `unknown` with these words.
 */
export async function whyNoKernel(features: readonly string[] = []): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'not root';
  if ((await execa(PYTHON, ['--version'], { reject: false })).failed) return 'no python3';
  try {
    await withDir(
      async ({ path }) => {
        const image = join(path, 'image');
        const more = features.length === 0 ? [] : ['-O', features.join(',')];
        await execa('mke2fs', ['-q', '-F', '-t', 'ext4', ...more, image, '8M'], { env: SBIN });
        await withMounted(image, path, 'rw', () => Promise.resolve());
      },
      { unsafeCleanup: true },
    );
    return null;
  } catch (error) {
    const what = features.length === 0 ? 'no loop mounts here' : `none of ${features.join(', ')} here`;
    const said = error instanceof Error ? error.message.split('\n').slice(1) : [];
    return `${what}: ${said.find((line) => line.includes('mount:')) ?? said[0] ?? ''}`;
  }
}

const SBIN = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Mounts an image in the kernel for as long as `body` runs. `folder` is for the mount point. */
export async function withMounted<T>(
  image: string,
  folder: string,
  options: string,
  body: (root: string) => Promise<T>,
): Promise<T> {
  const root = join(folder, 'mounted');
  mkdirSync(root, { recursive: true });
  await execa('mount', ['-t', 'ext4', '-o', `loop,${options}`, image, root]);
  try {
    return await body(root);
  } finally {
    // Somebody else's name space may hold the mount a while longer: the image must be as an unmounted one all the same.
    await execa('mount', ['-o', 'remount,ro', root]).finally(() => execa('umount', [root]));
  }
}
