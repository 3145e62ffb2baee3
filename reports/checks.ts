import type { FindingRecord, RunRecord } from '../harness/run-record.ts';
import type { StoredFinding, StoredRun } from '../harness/stored-run.ts';

/** One line of a report for programs: something that was judged, or could not be. */
export interface Check {
  readonly name: string;
  /** What it belongs to: a target, or the verb. */
  readonly group: string;
  /** Three values, never two. */
  readonly verdict: 'holds' | 'fails' | 'unknown';
  /** One line; empty where it holds. */
  readonly message: string;
  /** All there is to read of it; empty where it holds. */
  readonly text: string;
  /** The file of its case, where there is one. */
  readonly file: string | null;
}

/**
 * What a run says, line by line: every finding, every reason why something could not be judged, and each target that no finding is
 * of. A run that did not come to its end, or ran nothing, is unknown itself.
 */
export function checksOf({ run, findings }: StoredRun): Check[] {
  const stored = new Map(findings.map((finding) => [finding.record.id, finding]));
  const failing = run.findings.map((record) => failedCheck(record, run.verb, stored.get(record.id)));
  const unknown = Object.entries(run.unknown).map(([reason, count]): Check => {
    const message = `${count} could not be judged: ${reason}`;
    return { name: message, group: run.verb, verdict: 'unknown', message, text: message, file: null };
  });
  return [...failing, ...unknown, ...unfinished(run), ...holding(run, unknown.length > 0)];
}

function failedCheck(
  { id, kind, target, detail, summary }: FindingRecord,
  verb: string,
  stored: StoredFinding | undefined,
): Check {
  const text = stored?.texts.find(({ name }) => name === 'failure.txt')?.text ?? summary;
  const file = stored?.hasCase === true ? `${stored.folder}/case.json` : null;
  const name = `${id}: ${kind} ${detail}`;
  return { name, group: target === '' ? verb : target, verdict: 'fails', message: summary, text, file };
}

const WHY_UNFINISHED: Readonly<Record<string, string>> = {
  nothing: 'nothing was run',
  interrupted: 'the run was stopped before its end',
};

function unfinished({ outcome, verb }: RunRecord): Check[] {
  const message = outcome === null ? 'the run has not come to its end' : WHY_UNFINISHED[outcome];
  if (message === undefined) return [];
  return [{ name: message, group: verb, verdict: 'unknown', message, text: message, file: null }];
}

/** Nothing is said to hold where something could not be judged: nobody knows which target it was. */
function holding({ findings, targets, outcome, verb }: RunRecord, anyUnknown: boolean): Check[] {
  if (anyUnknown || (outcome !== 'held' && outcome !== 'found')) return [];
  const broken = new Set(findings.map(({ target }) => target));
  // A finding that is of no target may be of any.
  if (broken.has('')) return [];
  return targets
    .filter((target) => !broken.has(target))
    .map((target) => ({
      name: `${target} held`,
      group: verb,
      verdict: 'holds',
      message: '',
      text: '',
      file: null,
    }));
}
