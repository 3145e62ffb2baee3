import type { CrashContext } from '../harness/crash/crash-search.ts';
import { openChecker } from '../harness/e2fsck.fixture.ts';
import { ImageFiles } from '../harness/image-file.ts';
import { crashTargets } from '../harness/targets/typescript/crash-target.ts';

export const NEVER = (): void => undefined;

/** No limit but the number of states. */
export const FOR_EVER = { endsAt: Infinity, stop: new AbortController().signal, e2fsckEvery: 1000 };

/** Runs a test with e2fsck, and with a folder for images. */
export async function withCrashJudges(body: (context: CrashContext) => Promise<void>): Promise<void> {
  const { e2fsck, folder, close } = await openChecker(1);
  try {
    const judges = { e2fsck, files: new ImageFiles(folder) };
    await body({ targets: crashTargets(), judges, recorder: null, begins: NEVER });
  } finally {
    await close();
  }
}
