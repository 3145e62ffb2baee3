import { join } from 'node:path';
import { expect } from 'vitest';
import { E2fsck } from './e2fsck.ts';
import { findProgram, run } from './process.ts';
import { openWorkspace } from './workspace.ts';

/** An e2fsck and a folder of its own, for tests that cannot do without. */
export interface Checker {
  readonly e2fsck: E2fsck;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Without e2fsck a test fails: whether images are sound is unknown then. At most so many images are looked at at once; as usual when absent. */
export async function openChecker(lanes?: number): Promise<Checker> {
  const e2fsck = await E2fsck.find(lanes);
  if (e2fsck === null) throw new Error('e2fsck is not installed: ./run test installs it');
  const workspace = await openWorkspace();
  const close = async (): Promise<void> => {
    await e2fsck.close();
    await workspace.remove();
  };
  return { e2fsck, folder: workspace.path, close };
}

/** The path of an image that the system's mke2fs made in this folder. */
export async function freshImage(folder: string, name: string, ...options: string[]): Promise<string> {
  const path = join(folder, name);
  const program = findProgram('mke2fs') ?? 'mke2fs';
  const words = ['-q', '-F', '-t', 'ext4', ...options, path, '8M'];
  expect(await run(program, words, { timeoutMs: 30_000 })).toMatchObject({ exitCode: 0 });
  return path;
}
