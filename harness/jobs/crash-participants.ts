import type { CrashContext } from '../crash/crash-search.ts';
import type { CrashProgram } from '../crash/recorded-run.ts';
import { ImageFiles } from '../image-file.ts';
import { kernelRecorder, kernelRecovery } from '../targets/kernel/target-words.ts';
import { crashTargets } from '../targets/typescript/crash-target.ts';
import type { Workbench } from './workbench.ts';

/** The kernels that a plan or a case names. */
export type CrashKernels = Pick<CrashProgram, 'recordedOn' | 'recoveredBy'>;

/** Who runs programs and recovers states: nobody but `begins` is missing then. */
export type CrashParticipants = Omit<CrashContext, 'begins'>;

/** Starts whatever kernels are named, and ends them when the work is done. */
export async function withParticipants(
  { recordedOn, recoveredBy }: CrashKernels,
  workspace: string,
  { e2fsck }: Workbench,
  work: (participants: CrashParticipants) => Promise<void>,
): Promise<void> {
  const recorder = recordedOn === undefined ? null : kernelRecorder(recordedOn, workspace);
  // Whoever recovers what e2fsck does has nothing to do without it.
  const kernel = recoveredBy === undefined || e2fsck === null ? null : kernelRecovery(recoveredBy, workspace);
  const judges = { e2fsck, files: new ImageFiles(workspace), ...(kernel !== null && { kernel }) };
  try {
    await work({ targets: crashTargets(), recorder, judges });
  } finally {
    await recorder?.close();
    await kernel?.close();
  }
}
