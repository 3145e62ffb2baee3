import type { CrashContext } from '../harness/crash/crash-search.ts';
import { E2fsck } from '../harness/e2fsck.ts';
import { ImageFiles } from '../harness/image-file.ts';
import { crashTargets } from '../harness/targets/typescript/crash-target.ts';
import { openWorkspace } from '../harness/workspace.ts';

export const NEVER = (): void => undefined;

/** No limit but the number of states. */
export const FOR_EVER = { endsAt: Infinity, stop: new AbortController().signal, e2fsckEvery: 1000 };

/** Runs a test with e2fsck, and with a folder for images. */
export async function withCrashJudges(body: (context: CrashContext) => Promise<void>): Promise<void> {
  const e2fsck = await E2fsck.find(1);
  const workspace = await openWorkspace();
  try {
    const judges = { e2fsck, files: new ImageFiles(workspace.path) };
    await body({ targets: crashTargets(), judges, recorder: null, begins: NEVER });
  } finally {
    await e2fsck?.close();
    await workspace.remove();
  }
}
