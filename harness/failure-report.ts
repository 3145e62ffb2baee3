import type { Case } from './case.ts';
import { programText, setupText } from './program-text.ts';
import { noticedText } from './story.ts';
import type { Evidence } from './verdict.ts';

const indented = (text: string, by: string): string[] =>
  text.split('\n').map((line) => `${by}${line}`.trimEnd());

/** How many lines of details, a stack or e2fsck's words, are worth showing; the rest stands in the case's folder. */
const DETAIL_LINES_MAX = 25;

/** A failure for a person to read: what went wrong, the program that shows it, what was expected and what happened. */
export function failureReport(found: Case, evidence: Evidence): string {
  const step = found.failure?.step ?? null;
  const lines = [
    evidence.summary,
    '',
    `File system: ${setupText(found.setup)}`,
    `Targets: ${found.targets.join(', ')}`,
  ];
  if (found.faults.length > 0) lines.push(`Planted bugs: ${found.faults.join(', ')}`);
  lines.push('', ...programText(found.operations, step));
  if (step === null) lines.push('', `Noticed ${noticedText(found, evidence)}.`);
  if (evidence.expected !== undefined) lines.push('', 'expected:', ...indented(evidence.expected, '  '));
  if (evidence.observed !== undefined) lines.push('observed:', ...indented(evidence.observed, '  '));
  if (evidence.details !== undefined && evidence.details !== evidence.observed) {
    const all = indented(evidence.details.trim(), '  ');
    lines.push('', 'details:', ...all.slice(0, DETAIL_LINES_MAX));
    if (all.length > DETAIL_LINES_MAX) lines.push(`  … and ${all.length - DETAIL_LINES_MAX} lines more`);
  }
  return `${lines.join('\n')}\n`;
}
