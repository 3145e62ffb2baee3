import type { StoredRun } from '../harness/stored-run.ts';
import { checksOf, type Check } from './checks.ts';

/** TAP 14, with a block of YAML below what does not hold. What could not be judged is `not ok`, and says so. */
export function tapText(stored: StoredRun): string {
  const checks = checksOf(stored);
  const lines = ['TAP version 14', `1..${checks.length}`];
  for (const [index, check] of checks.entries()) lines.push(...linesOf(check, index + 1));
  return `${lines.join('\n')}\n`;
}

function linesOf({ name, verdict, message, text, file }: Check, number: number): string[] {
  const head = `${verdict === 'holds' ? 'ok' : 'not ok'} ${number} - ${described(name)}`;
  if (verdict === 'holds') return [head];
  const block = [
    `verdict: ${verdict}`,
    `message: ${JSON.stringify(message)}`,
    ...(file === null ? [] : [`case: ${JSON.stringify(file)}`]),
    'text: |',
    ...printable(text)
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ];
  return [head, '  ---', ...block.map((line) => `  ${line}`.trimEnd()), '  ...'];
}

/** A name on one line in which nothing is a directive. */
const described = (name: string): string =>
  printable(name.replaceAll(/\s+/g, ' '))
    .replaceAll('\\', '\\\\')
    .replaceAll('#', String.raw`\#`);

/** Control characters, which YAML and terminals take for more than text, are shown as a question mark. */
const printable = (text: string): string =>
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Surrogate}]/gu, '\ufffd');
