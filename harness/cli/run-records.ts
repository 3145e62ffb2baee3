import type { CrashFinding } from '../crash/crash-finding.ts';
import type { CheckResult, Finding } from '../job.ts';
import type { RaceFinding } from '../race/race-finding.ts';
import type { FindingRecord, RunEnd, RunRecord } from '../run-record.ts';
import type { KeptFault } from './corrupt-run.ts';
import { plural } from './numbers.ts';
import { outcomeOf } from './summary.ts';

/** What run.json keeps of each verb's result. */

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

function findingRecord({ id, case: kept, report, foundWith, shrinkRuns }: Finding): FindingRecord {
  return {
    id: id ?? 'case',
    kind: kept.failure?.kind ?? 'result',
    target: kept.failure?.target ?? '',
    operation: kept.failure?.operation ?? null,
    detail: kept.failure?.detail ?? '',
    summary: firstLine(report),
    foundWith,
    operations: kept.operations.length,
    shrinkRuns,
    times: 1,
    note: kept.setup.format === undefined ? null : 'an unusual format',
  };
}

/** The end of a check; `result` is null when its thread hung or died. */
export function checkEnd(
  result: CheckResult | null,
  findings: readonly Finding[],
  exitCode: number,
  e2fsck: boolean,
): RunEnd {
  const kept = findings.map(findingRecord);
  const notes = e2fsck ? [] : ['Images were not checked by e2fsck.'];
  if (result === null) {
    const note = 'The thread that ran the targets was lost: rates and coverage are unknown.';
    return { outcome: 'found', exitCode, findings: kept, notes: [...notes, note] };
  }
  const { coverage, possible, ways, callbacks, sizes, rangeStates, formats, spent } = result;
  const stopped = result.ended === 'stopped';
  if (stopped) notes.push('The run was stopped before its end.');
  const outcome = outcomeOf(result);
  return {
    outcome: stopped && outcome !== 'found' ? 'interrupted' : outcome,
    exitCode,
    elapsedMs: result.elapsedMs,
    counts: {
      sequences: result.sequences,
      operations: result.operations,
      'images checked': result.imagesChecked,
      'images of the same bytes': result.imagesSpared,
    },
    unknown: { ...result.unknown },
    notes,
    findings: kept,
    coverage: JSON.parse(
      JSON.stringify({ coverage, possible, ways, callbacks, sizes, rangeStates, formats }),
    ) as RunRecord['coverage'],
    spent,
  };
}

export const faultRecord = ({ id, fault, target, count }: KeptFault): FindingRecord => ({
  id,
  kind: fault.kind,
  target,
  operation: null,
  detail: fault.detail,
  summary: `${fault.kind}: ${firstLine(fault.detail)}`,
  foundWith: 0,
  operations: 0,
  shrinkRuns: 0,
  times: count,
  note: null,
});

export const raceFindingRecord = (finding: RaceFinding): FindingRecord => ({
  id: finding.id,
  kind: finding.id.replace(/^\d+-/, ''),
  target: '',
  operation: null,
  detail: finding.detail,
  summary: firstLine(finding.report) || finding.detail,
  foundWith: finding.operations.found,
  operations: finding.operations.shrunk,
  shrinkRuns: 0,
  times: 1,
  note: `${finding.race}, ${finding.strategy}, after ${plural(finding.after, 'schedule')}, ${plural(finding.preemptions, 'preemption')}`,
});

export const crashFindingRecord = (finding: CrashFinding): FindingRecord => ({
  id: finding.id,
  kind: finding.id.replace(/^\d+-/, ''),
  target: '',
  operation: null,
  detail: finding.detail,
  summary: firstLine(finding.report) || finding.detail,
  foundWith: finding.operations.found,
  operations: finding.operations.shrunk,
  shrinkRuns: 0,
  times: 1,
  note: `program ${finding.item}, after ${plural(finding.after, 'state')}, ${plural(finding.lost, 'write')} lost or torn`,
});
