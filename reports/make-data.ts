import type { StoredFinding, StoredRun } from '../harness/stored-run.ts';
import type { Story } from '../harness/story.ts';
import type { FindingPage, ReportData } from './report-data.ts';

/** What can be done with a case that a verb has kept: the words of the command line are the harness's affair. */
export type Commands = (
  verb: string,
  caseFile: string,
  targets: readonly string[],
) => FindingPage['commands'];

/** Rows of the table of findings: more make a page slow. */
const ROWS_MAX = 2000;

/** What a page shows of a run: everything that is known, or as much as a page bears, and words about the rest. */
export function reportData(stored: StoredRun, commands: Commands): ReportData {
  const { run, findings } = stored;
  const pages = findings.map((finding) => pageOf(finding, run, commands));
  const shown = run.findings.slice(0, ROWS_MAX);
  return {
    name: stored.name,
    path: stored.path,
    run: { ...run, findings: shown },
    pages,
    trend: stored.trend,
    measurements: stored.measurements,
    bugs: stored.bugs,
    cuts: cutsOf(run.findings.length, shown.length, pages),
  };
}

function cutsOf(all: number, shown: number, pages: readonly FindingPage[]): string[] {
  const cuts: string[] = [];
  if (shown < all)
    cuts.push(`The table has the first ${shown} of ${all} findings; run.json has all of them.`);
  if (pages.length < shown)
    cuts.push(`The first ${pages.length} findings have pages; the others lie in cases/ all the same.`);
  return cuts;
}

function pageOf(
  finding: StoredFinding,
  { verb, targets }: StoredRun['run'],
  commands: Commands,
): FindingPage {
  const { record, folder, story, hasCase, caseText, texts } = finding;
  return {
    record,
    story: story === null ? null : withoutDoubles(story),
    commands: !hasCase ? [] : commands(verb, `${folder}/case.json`, targets),
    caseText,
    texts,
  };
}

/** What the page would say twice. */
function withoutDoubles(story: Story): Story {
  return story.details !== null && story.details === story.observed ? { ...story, details: null } : story;
}
