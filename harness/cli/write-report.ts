import { join } from 'node:path';
import { readPageParts, reportData, reportHtml } from '../../reports/index.ts';
import { writeAtomically } from '../atomic-file.ts';
import { readStoredRun, type StoredRun } from '../stored-run.ts';
import { commandsFor } from './case-commands.ts';

/** The page of a stored run. */
export const pageOf = (stored: StoredRun): string =>
  reportHtml(reportData(stored, commandsFor), readPageParts());

/** Writes `report.html` into the folder of a run, from what lies there alone; answers its path. */
export function writeReport(folder: string): string {
  const path = join(folder, 'report.html');
  writeAtomically(path, pageOf(readStoredRun(folder)));
  return path;
}
