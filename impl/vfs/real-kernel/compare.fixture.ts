import { expect } from 'vitest';
import { mkfs } from '../../ext4/mkfs/mkfs.ts';
import { e2fsck } from '../disk-image.fixture.ts';
import { scriptedKernelTest } from '../kernel-mount.fixture.ts';
import { NOW, testMount } from '../test-mount.fixture.ts';
import type { Answer, Program } from './call.fixture.ts';
import { askKernel, folderOf, protectsHardlinks, type Setting } from './kernel.fixture.ts';
import { performProgram } from './perform.fixture.ts';

/** A file system with room for many small programs. */
const DISK_BYTES = 32 << 20;

/**
 * A test that our file system gives the answers of the kernel to every program, and leaves an image that e2fsck has
 * nothing to say about. Where the machine has no kernel to ask, the test says so and is skipped.
 */
export function likeTheKernel(
  programs: Readonly<Record<string, Program>>,
  features: readonly string[] = [],
  setting: Setting = {},
): void {
  const list = Object.values(programs);
  const names = Object.keys(programs);
  scriptedKernelTest('the kernel answers the same', async (context) => {
    const kernel = await askKernel(list, features, setting);
    const ours = await performAll(list, features, setting);
    if (kernel === null) return context.skip(`unknown: this kernel does not mount ${features.join(', ')}`);
    const differences = list.flatMap((program, index) =>
      differencesOf(names[index], program, ours[index], kernel[index]),
    );
    expect(differences.slice(0, SHOWN_MAX)).toEqual([]);
  });
}

const SHOWN_MAX = 20;

interface Difference {
  readonly program: string | undefined;
  readonly call: string;
  readonly ours: Answer;
  readonly kernel: Answer;
}

/** The first difference of a program: what comes after it may follow from it. */
function differencesOf(
  name: string | undefined,
  program: Program,
  ours: readonly Answer[] = [],
  kernel: readonly Answer[] = [],
): Difference[] {
  const at = program.findIndex((_, index) => JSON.stringify(ours[index]) !== JSON.stringify(kernel[index]));
  if (at < 0) return [];
  return [{ program: name, call: JSON.stringify(program[at]), ours: ours[at], kernel: kernel[at] }];
}

async function performAll(
  programs: readonly Program[],
  features: readonly string[],
  { blockSize = 1024, mount = {} }: Setting,
): Promise<Answer[][]> {
  const disk = mkfs({
    sizeBytes: DISK_BYTES,
    blockSize,
    inodes: 8192,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: NOW.seconds,
    features,
  });
  const fs = testMount(disk, { ...mount, protectedHardlinks: await protectsHardlinks() });
  const answers = programs.map((program, index) => performProgram(fs, folderOf(index), program));
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
  return answers;
}
