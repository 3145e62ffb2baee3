import pc from 'picocolors';
import type { Figures, Score } from '../bugs/bugs-record.ts';
import { secondsText } from '../bugs/summary.ts';

type Cell = string;

const HEAD: readonly Cell[] = [
  'id',
  'bug',
  'found',
  'seen by',
  'tried (p90)',
  'CPU s (p90)',
  'shrunk',
  'known',
  'like fsx',
  'export',
];

/** The scores as lines of a table. */
export function bugsTable(scores: readonly Score[]): string[] {
  const rows = [HEAD, ...scores.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row, index) => {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
    if (index === 0) return pc.bold(line);
    return isMissed(scores[index - 1]) ? pc.yellow(line) : line;
  });
}

const isMissed = (score: Score | undefined): boolean =>
  score !== undefined && score.figures.found < score.figures.of;

function rowOf({ id, hunter, fault, figures, known, controlFigures, exports }: Score): readonly Cell[] {
  const { found, of, judges, tried, cpuMs, largest, small, shrunk } = figures;
  return [
    id,
    fault,
    `${found}/${of}`,
    [`${hunter}:`, ...judges].join(' '),
    pair(tried, String),
    pair(cpuMs, secondsText),
    largest === null ? '' : `${largest}${small < shrunk ? '!' : ''}`,
    String(known),
    controlCell(controlFigures),
    exportCell(exports),
  ];
}

const controlCell = ({ found, of, cpuMs, tried }: Figures): Cell =>
  of === 0
    ? ''
    : `${found}/${of}${cpuMs === null || tried === null ? '' : ` ${tried.median}, ${secondsText(cpuMs.median)} s`}`;

const exportCell = (exports: Score['exports']): Cell =>
  exports === null ? 'unknown' : exports.length === 0 ? 'neither' : exports.join(' ');

const pair = (spread: Figures['tried'], text: (value: number) => string): Cell =>
  spread === null ? '' : `${text(spread.median)} (${text(spread.p90)})`;
