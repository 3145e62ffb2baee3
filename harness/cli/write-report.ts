import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  githubAnnotations,
  githubSummary,
  junitXml,
  readPageParts,
  reportData,
  reportHtml,
  tapText,
} from '../../reports/index.ts';
import { writeAtomically } from '../atomic-file.ts';
import { readStoredRun, type StoredRun } from '../stored-run.ts';
import { commandsFor } from './case-commands.ts';
import type { ReportFormat } from './report-formats.ts';

/** The page of a stored run. */
export const pageOf = (stored: StoredRun): string =>
  reportHtml(reportData(stored, commandsFor), readPageParts());

const FORMATS: Readonly<Record<ReportFormat, (stored: StoredRun) => string>> = {
  html: pageOf,
  json: ({ run }) => `${JSON.stringify(run, null, 2)}\n`,
  junit: junitXml,
  tap: tapText,
  github: githubAnnotations,
};

/** A stored run in one of the formats. RunError where there is none. */
export const reportText = (folder: string, format: ReportFormat): string =>
  FORMATS[format](readStoredRun(folder));

/** Writes `report.html` into the folder of a run, from what lies there alone; answers its path. */
export function writeReport(folder: string): string {
  const path = join(folder, 'report.html');
  writeAtomically(path, reportText(folder, 'html'));
  return path;
}

/** In a job of GitHub's: the annotations, for its log; what there is to read goes into the summary of the job. */
export function tellGithub(folder: string, summaryFile: string | undefined): string {
  const stored = readStoredRun(folder);
  if (summaryFile !== undefined && summaryFile !== '') appendFileSync(summaryFile, githubSummary(stored));
  return githubAnnotations(stored);
}
