import pc from 'picocolors';
import { neverAnswered, type CoverageTable } from '../coverage.ts';
import type { CheckResult, Finding } from '../job.ts';
import type { CallbackTable } from '../target.ts';
import { STAGES } from '../stage-clock.ts';
import { grouped, plural, seconds } from './numbers.ts';

/** What a run was, beside its result. */
export interface RunFacts {
  readonly seed: number;
  readonly targets: readonly string[];
  readonly runFolder: string;
  /** The version of e2fsck, or null when images were not checked. */
  readonly e2fsck: string | null;
  /** The command that does the same again. */
  readonly again: string;
  /** How a saved case is run again. */
  readonly replay: (caseFile: string) => string;
}

/** The end of a check, for a person: the verdict first, then what stands behind it. */
export function summaryText(result: CheckResult, facts: RunFacts): string {
  const sections = [
    verdictLines(result, facts),
    ...result.findings.map((finding) => findingLines(finding, facts)),
    timeLines(result, facts),
    coverageLines(result.coverage),
    wayLines(result.ways),
    callbackLines(result.callbacks),
    [`seed      ${facts.seed}`, `again     ${facts.again}`, `results   ${facts.runFolder}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

export type Outcome = 'held' | 'found' | 'unknown' | 'nothing';

/** What the run says. Sequences that could not be judged, or none at all, are no success. */
export function outcomeOf(result: CheckResult): Outcome {
  if (result.findings.length > 0) return 'found';
  if (Object.keys(result.unknown).length > 0) return 'unknown';
  return result.sequences > 0 ? 'held' : 'nothing';
}

function verdictLines(result: CheckResult, { targets, e2fsck }: RunFacts): string[] {
  const ran = `${plural(result.sequences, 'sequence')}, ${plural(result.operations, 'operation')}`;
  const on = `the model and ${targets.join(', ')}`;
  const early = result.ended === 'stopped' ? [pc.yellow('The run was stopped before its end.')] : [];
  const unchecked = e2fsck === null ? [pc.yellow('Images were NOT checked by e2fsck (--no-e2fsck).')] : [];
  const unknown = Object.entries(result.unknown).map(
    ([reason, count]) => `${plural(count, 'sequence')} could not be judged: ${reason}`,
  );
  return [headline(result, ran, on), ...early, ...unchecked, ...unknown];
}

function headline(result: CheckResult, ran: string, on: string): string {
  switch (outcomeOf(result)) {
    case 'held':
      return `${pc.bold(pc.green('HELD'))}  ${ran}: ${on} agree`;
    case 'found':
      return `${pc.bold(pc.red('FOUND'))}  ${plural(result.findings.length, 'failure')} in ${ran} on ${on}`;
    case 'unknown':
      return `${pc.bold(pc.yellow('UNKNOWN'))}  no failure in ${ran} on ${on}, but not all could be judged`;
    case 'nothing':
      return `${pc.bold(pc.yellow('NOTHING'))}  no sequence was run`;
  }
}

/** A failure as it stands in its case file, with the command that shows it again. */
export function findingLines(finding: Finding, facts: Pick<RunFacts, 'replay'>): string[] {
  const { report, caseFile, foundWith, shrinkRuns } = finding;
  const now = finding.case.operations.length;
  const shrunk =
    now < foundWith
      ? `shrunk from ${plural(foundWith, 'operation')} to ${now} in ${plural(shrinkRuns, 'run')}`
      : plural(now, 'operation');
  return [
    pc.bold(`${pc.red('✗')} ${finding.id ?? 'case'}: ${shrunk}`),
    ...report
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
    '',
    `  case    ${caseFile}`,
    `  replay  ${facts.replay(caseFile)}`,
  ];
}

function timeLines(result: CheckResult, { e2fsck }: RunFacts): string[] {
  const { elapsedMs, spent, operations, imagesChecked, imagesSpared, e2fsckMs, shrinkMs } = result;
  const busy = STAGES.filter((stage) => stage !== 'wait').reduce((sum, stage) => sum + spent[stage], 0);
  const lines = [
    `time      ${seconds(elapsedMs)}: ${grouped((operations / elapsedMs) * 1000)} operations/s, ` +
      `${grouped((operations / busy) * 1000)} operations/s without waiting for e2fsck`,
    `          ${STAGES.map((stage) => `${stage} ${seconds(spent[stage])}`).join(' · ')}`,
  ];
  if (e2fsck !== null) {
    const same = imagesSpared > 0 ? ` and ${grouped(imagesSpared)} more of the same bytes` : '';
    lines.push(
      `          e2fsck ${e2fsck}: ${plural(imagesChecked, 'image')}${same}, ${seconds(e2fsckMs)} of work beside it`,
    );
  }
  if (shrinkMs >= 1) lines.push(`          shrinking ${seconds(shrinkMs)}`);
  return lines;
}

/**
 * A line per operation that has ways of its own: how often each had success, on the targets in their order where they differ; then
 * what a target never did, operations too, and what it cannot.
 */
function wayLines(ways: CallbackTable): string[] {
  const byOperation = new Map<string, string[]>();
  for (const [row, counts] of Object.entries(ways)) {
    const [operation = row, ...way] = row.split(' ');
    if (way.length === 0) continue;
    const numbers = new Set(Object.values(counts).map((count) => (count === null ? '-' : grouped(count))));
    const shown = `${way.join(' ')} ${[...numbers].join('/')}`;
    byOperation.set(operation, [...(byOperation.get(operation) ?? []), shown]);
  }
  const lines = [...byOperation].map(
    ([operation, shown]) => `  ${operation.padEnd(NAME_WIDTH)}  ${shown.join('  ')}`,
  );
  const never = rowsByTarget(ways, (count) => count === 0).map((text) => pc.yellow(`never on ${text}`));
  const cannot = rowsByTarget(ways, (count) => count === null).map((text) =>
    pc.dim(`cannot be done on ${text}`),
  );
  const whole = never.length === 0 ? ['every operation, in every way, ran on every target'] : never;
  return lines.length === 0 ? [] : ['ways', ...lines, ...[...whole, ...cannot].map((line) => `  ${line}`)];
}

/** `target: row, row` for each target with rows of such counts. */
function rowsByTarget(ways: CallbackTable, wanted: (count: number | null) => boolean): string[] {
  const targets = new Set(Object.values(ways).flatMap((counts) => Object.keys(counts)));
  return [...targets].flatMap((target) => {
    const rows = Object.keys(ways).filter((row) => wanted(ways[row]?.[target] ?? null));
    return rows.length === 0 ? [] : [`${target}: ${rows.join(', ')}`];
  });
}

/** A line per table: how many calls, the seldom ones first, and those that the table has not; then those that never were. */
function callbackLines(callbacks: CallbackTable): string[] {
  const lines = Object.entries(callbacks).map(([table, counts]) => {
    const absent = Object.keys(counts).filter((name) => counts[name] === null);
    const called = Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== null);
    const sorted = called.sort(([, left], [, right]) => left - right);
    const total = sorted.reduce((sum, [, count]) => sum + count, 0);
    const shown = sorted.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${grouped(count)}`);
    const none = absent.length === 0 ? '' : pc.dim(`  there are no folios, so never: ${absent.join(' ')}`);
    return `  ${table.padEnd(TABLE_WIDTH)}${grouped(total).padStart(COUNT_WIDTH)}  ${shown.join('  ')}${none}`;
  });
  return lines.length === 0 ? [] : ['callbacks', ...lines, `  ${neverCalled(callbacks)}`];
}

/** The cells that are zero, so that nobody has to look for them. */
function neverCalled(callbacks: CallbackTable): string {
  const missing = Object.entries(callbacks).flatMap(([table, counts]) => {
    const names = Object.keys(counts).filter((name) => counts[name] === 0);
    return names.length === 0 ? [] : [`${table} ${names.join(' ')}`];
  });
  return missing.length === 0
    ? 'every callback of every table was called'
    : pc.yellow(`never called: ${missing.join('; ')}`);
}

const TABLE_WIDTH = 22;
const NAME_WIDTH = 12;
const COUNT_WIDTH = 9;

/** A line per operation: how often, and every answer; then what never was. */
function coverageLines(coverage: CoverageTable): string[] {
  const lines = ['coverage'];
  const never: string[] = [];
  for (const [name, answers] of Object.entries(coverage)) {
    const total = Object.values(answers).reduce((sum, count) => sum + count, 0);
    const missing = neverAnswered(name, answers);
    if (total === 0) never.push(name);
    else {
      const sorted = Object.entries(answers).sort(([, left], [, right]) => right - left);
      const shown = sorted.map(([answer, count]) => `${answer} ${grouped(count)}`).join('  ');
      const zeros = missing.length === 0 ? '' : pc.dim(`  never ${missing.join(' ')}`);
      lines.push(`  ${name.padEnd(NAME_WIDTH)}${grouped(total).padStart(COUNT_WIDTH)}  ${shown}${zeros}`);
    }
  }
  if (never.length > 0) lines.push(`  never performed: ${never.join(', ')}`);
  return lines;
}
