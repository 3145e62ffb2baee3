import { describe } from '../compare.ts';
import type { E2fsck } from '../e2fsck.ts';
import type { ImageFiles } from '../image-file.ts';
import { withoutNumbers } from '../judges/crash-of-target.ts';
import { judgeImage } from '../judges/e2fsck.ts';
import { operationText } from '../program-text.ts';
import type { DiskImage, Target } from '../target.ts';
import type { RaceFailure } from './judge-run.ts';
import { lookAtNames, TIME_AFTER, type RaceProgram } from './program.ts';
import type { RaceRun } from './run-program.ts';
import { sameAnswer } from './same-answer.ts';

/** What is there to judge images with. */
export interface ImageJudges {
  /** Null: images are not checked. */
  readonly e2fsck: E2fsck | null;
  readonly files: ImageFiles;
  /** Each mounts the image and must find what was there before. */
  readonly targets: readonly Target[];
}

/** What e2fsck, and a mount through each path, say of the image that a run left. */
export async function judgeFinalImage(
  program: RaceProgram,
  run: RaceRun,
  judges: ImageJudges,
): Promise<RaceFailure | null> {
  if (run.image === null) return null;
  for (const target of judges.targets) {
    const failure = await remountFailure(program, run, run.image, target);
    if (failure !== null) return failure;
  }
  return judges.e2fsck === null ? null : fsckFailure(program, run.image, judges.e2fsck, judges.files);
}

async function fsckFailure(
  { target }: RaceProgram,
  image: DiskImage,
  e2fsck: E2fsck,
  files: ImageFiles,
): Promise<RaceFailure | null> {
  const report = await files.lend(image, (path) => e2fsck.check(path));
  const verdict = judgeImage(target, 'after the race', report, image);
  if (verdict.kind === 'holds') return null;
  if (verdict.kind === 'unknown') throw new Error(verdict.reason);
  return {
    kind: 'e2fsck',
    detail: verdict.failure.detail,
    words: verdict.evidence.details ?? verdict.evidence.summary,
  };
}

/** The last calls of a run looked at every name: on another mount they must answer the same. */
async function remountFailure(
  program: RaceProgram,
  { events }: RaceRun,
  image: DiskImage,
  target: Target,
): Promise<RaceFailure | null> {
  const looks = lookAtNames(program);
  const seen = events.slice(-looks.length);
  try {
    const session = await target.mount(image, program.setup, { faults: [], now: TIME_AFTER });
    for (const [index, operation] of looks.entries()) {
      const before = seen[index]?.outcome;
      const after = await session.apply(operation, TIME_AFTER);
      if (before === undefined || sameAnswer(before, after)) continue;
      return {
        kind: 'remount',
        detail: `${operation.op} after a mount by ${target.name}`,
        words: `mounted again by ${target.name}: ${operationText(operation)}\nbefore: ${describe(before)}\nafter: ${describe(after)}`,
      };
    }
    await session.unmount();
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      kind: 'remount',
      detail: `${target.name}: ${withoutNumbers(message)}`,
      words: `mounted again by ${target.name}: ${message}`,
    };
  }
}
