import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { expect, test } from 'vitest';
import { whyNoKernel, withMounted } from './kernel-mount.fixture.ts';

const FEATURES = ['orphan_file'];
const why = await whyNoKernel(FEATURES);

test('what the kernel did is sound in the image, although a name space that somebody made meanwhile holds the mount', async (context) => {
  context.skip(why !== null, `unknown: ${why ?? ''}`);
  await withDir(
    async ({ path }) => {
      const image = join(path, 'image');
      await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', FEATURES.join(','), image, '8M']);
      const holder = await withMounted(image, path, 'rw', async (root) => {
        writeFileSync(join(root, 'file'), 'what was done');
        const sleeper = execa('unshare', ['--mount', 'sh', '-c', 'echo held; read -r _'], {
          buffer: false,
          reject: false,
        });
        await new Promise((resolve) => sleeper.stdout.once('data', resolve));
        return { sleeper };
      });
      try {
        expect((await execa('losetup', ['-j', image])).stdout).not.toBe('');
        const { exitCode, stdout } = await execa('e2fsck', ['-fn', image], { reject: false });
        expect(exitCode, stdout).toBe(0);
        expect(stdout).not.toContain('journal recovery');
      } finally {
        holder.sleeper.stdin.end();
        await holder.sleeper;
      }
    },
    { unsafeCleanup: true },
  );
});
