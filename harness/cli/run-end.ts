import type { RunFolder } from '../run-folder.ts';
import { begunRun, endedRun, type RunEnd, type RunHead, type RunRecord } from '../run-record.ts';
import { packageVersion } from './version.ts';

/** Writes down that a run begins, and what it was asked. */
export function beginRun(folder: RunFolder, head: Omit<RunHead, 'twinpath'>): RunRecord {
  const run = begunRun({ ...head, twinpath: packageVersion() }, new Date());
  folder.writeRun(run);
  return run;
}

/** Writes down what came of it. */
// eslint-disable-next-line @typescript-eslint/require-await
export async function concludeRun(folder: RunFolder, run: RunRecord, end: RunEnd): Promise<void> {
  folder.writeRun(endedRun(run, end, new Date()));
}
