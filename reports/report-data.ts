import type { Measurement } from '../harness/bench-record.ts';
import type { BugsRecord } from '../harness/bugs/bugs-record.ts';
import type { FindingRecord, RunRecord } from '../harness/run-record.ts';
import type { StoredText, TrendPoint } from '../harness/stored-run.ts';
import type { Story } from '../harness/story.ts';

/** What stands in a report's page as JSON: all of it is shown as text, and nothing of it is trusted. */
export interface ReportData {
  /** The folder of the run. */
  readonly name: string;
  readonly path: string;
  readonly run: RunRecord;
  readonly pages: readonly FindingPage[];
  readonly trend: readonly TrendPoint[];
  readonly measurements: readonly Measurement[];
  readonly bugs: BugsRecord | null;
  /** What was left out, in words. */
  readonly cuts: readonly string[];
}

/** All that is shown of one finding. */
export interface FindingPage {
  readonly record: FindingRecord;
  readonly story: Story | null;
  /** Commands, with what they do. */
  readonly commands: readonly { readonly does: string; readonly command: string }[];
  readonly caseText: string | null;
  readonly texts: readonly StoredText[];
}
