import type { StoredRun } from '../harness/stored-run.ts';
import { checksOf, type Check } from './checks.ts';

/** Annotations that GitHub shows of one step, at most. */
const ANNOTATIONS_MAX = 10;

const LEVELS = { fails: 'error', unknown: 'warning' } as const;

/** Workflow commands for what does not hold: each becomes an annotation of the job. Nothing of a text can be a command of its own. */
export function githubAnnotations(stored: StoredRun): string {
  const checks = checksOf(stored);
  const lines = checks.flatMap(({ verdict, message, name, text }) => {
    if (verdict === 'holds') return [];
    const title = property(`twinpath ${stored.run.verb}: ${name}`);
    return [`::${LEVELS[verdict]} title=${title}::${data(text === '' ? message : text)}`];
  });
  const more = lines.length - ANNOTATIONS_MAX;
  if (more > 0)
    lines.splice(
      ANNOTATIONS_MAX - 1,
      more + 1,
      `::error::${data(`${more + 1} findings more; see the report`)}`,
    );
  return lines.map((line) => `${line}\n`).join('');
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const VERDICTS = {
  held: '✅ HELD',
  found: '❌ FOUND',
  unknown: '⚠️ UNKNOWN',
  nothing: '⚠️ NOTHING RAN',
  interrupted: '⚠️ INTERRUPTED',
} as const;

/** Characters of one text in a summary, and of all: GitHub takes no summary of more than a megabyte. */
const TEXT_MAX = 8000;
const SUMMARY_MAX = 512 << 10;

/** The run as Markdown, for the summary of a job. */
export function githubSummary(stored: StoredRun): string {
  const { run } = stored;
  const counts = Object.entries(run.counts).map(
    ([name, count]) => `${count.toLocaleString('en-US')} ${name}`,
  );
  const head = [
    `## twinpath ${code(run.verb)}: ${run.outcome === null ? '⚠️ NOT FINISHED' : VERDICTS[run.outcome]}\n`,
    `${counts.map(code).join(', ')} on ${run.targets.map(code).join(', ')}\n`,
    ...(run.again === null ? [] : [fenced(run.again)]),
  ];
  const wrong = checksOf(stored).filter(({ verdict }) => verdict !== 'holds');
  let summary = head.join('\n');
  for (const [index, check] of wrong.entries()) {
    const part = checkPart(check);
    if (summary.length + part.length > SUMMARY_MAX)
      return `${summary}\n${wrong.length - index} more are not shown.\n`;
    summary += `\n${part}`;
  }
  return summary;
}

const checkPart = ({ message, text }: Check): string =>
  `### ${code(message)}\n\n${fenced(text.slice(0, TEXT_MAX))}`;

/** In a fence longer than any in the text, where nothing is markup. */
function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}text\n${text.trimEnd()}\n${fence}\n`;
}

function code(text: string): string {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return `${ticks} ${text.replaceAll(/\s+/g, ' ').trim()} ${ticks}`;
}

const longestTicks = (text: string): number =>
  Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
