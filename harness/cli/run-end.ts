import type { RunFolder } from '../run-folder.ts';
import { begunRun, endedRun, type RunEnd, type RunHead, type RunRecord } from '../run-record.ts';
import type { Terminal } from './terminal.ts';
import { packageVersion } from '../version.ts';

/** Writes down that a run begins, and what it was asked. */
export function beginRun(folder: RunFolder, head: Omit<RunHead, 'twinpath'>): RunRecord {
  const run = begunRun({ ...head, twinpath: packageVersion() }, new Date());
  folder.writeRun(run);
  return run;
}

/** Where the run is kept that ends, and who is told. */
interface RunPlace {
  readonly folder: RunFolder;
  readonly terminal: Terminal;
  /** Standard output is for a program, so that no word of ours may stand there. */
  readonly json: boolean;
}

/** Writes down what came of it, and its report. A report that cannot be written changes nothing about what the run found. */
export async function concludeRun(
  { folder, terminal, json }: RunPlace,
  run: RunRecord,
  end: RunEnd,
): Promise<void> {
  folder.writeRun(endedRun(run, end, new Date()));
  try {
    // Loaded only now: whoever waits for a run to begin need not wait for it.
    const { tellGithub, writeReport } = await import('./write-report.ts');
    const path = writeReport(folder.path);
    if (!json) terminal.out(`report    ${path}\n`);
    const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
    if (GITHUB_ACTIONS === 'true') terminal.err(tellGithub(folder.path, GITHUB_STEP_SUMMARY));
  } catch (error) {
    terminal.err(
      `twinpath: the report was not written: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}
