import { execaSync } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** Why this machine cannot mount images with its own kernel; null when it can. */
function reasonAgainst(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  const loop = execaSync('losetup', ['-f'], { reject: false });
  if (loop.exitCode !== 0) return `no loop device: ${loop.stderr}`;
  const known = execaSync('grep', ['-qw', 'ext4', '/proc/filesystems'], { reject: false });
  return known.exitCode === 0 ? null : 'the kernel has no ext4';
}

const REASON = reasonAgainst();

/** Ends the test as skipped, with the reason in the report, where the real kernel cannot be asked: the answer is unknown. */
export function needsKernel(context: TestContext): void {
  context.skip(REASON !== null, `unknown: ${REASON ?? ''}`);
}

/** An image under the real kernel, with the directory where it is mounted. */
export interface KernelMount {
  readonly directory: string;
  /** The image file as it is now, once the kernel has written what it has to the loop device. */
  readonly image: string;
}

/** Mounts the image file through a loop device that can be written, and unmounts it again whatever happens. */
export function withKernelMount<T>(
  image: string,
  options: readonly string[],
  body: (mount: KernelMount) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), 'twinpath-kernel-'));
  const device = execaSync('losetup', ['-f', '--show', image]).stdout.trim();
  try {
    const flags = options.length > 0 ? ['-o', options.join(',')] : [];
    execaSync('mount', ['-t', 'ext4', ...flags, device, directory]);
    try {
      return body({ directory, image });
    } finally {
      // Somebody else's name space may hold the mount a while longer: the image must be as an unmounted one all the same. A file system
      // whose journal was aborted refuses, and writes nothing more.
      execaSync('mount', ['-o', 'remount,ro', directory], { reject: false });
      execaSync('umount', [directory]);
    }
  } finally {
    execaSync('losetup', ['-d', device], { reject: false });
    rmSync(directory, { recursive: true, force: true });
  }
}
