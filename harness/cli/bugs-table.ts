import pc from 'picocolors';
import { isFound, isSmallEnough, quantile, type Score } from '../bugs/score.ts';
import type { Hunted } from '../bugs/hunt.ts';

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

const isMissed = (score: Score | undefined): boolean => score?.hunts.some((one) => !isFound(one)) === true;

function rowOf(score: Score): readonly Cell[] {
  const { id, fault, hunts, control, known, exportable, hunter } = score;
  const found = hunts.filter(isFound);
  const judges = [...new Set(found.map(({ judge }) => judge ?? ''))].join(' ');
  const largest = quantile(
    found.flatMap(({ shrunkTo }) => (shrunkTo === null ? [] : [shrunkTo])),
    1,
  );
  const mark = largest !== null && !isSmallEnough(largest, known) ? '!' : '';
  return [
    id,
    fault,
    hunts.length === 0 ? 'unknown' : `${found.length}/${hunts.length}`,
    hunts.length === 0 ? `no ${hunter ?? 'failing device'} yet` : judges,
    pair(
      found.map(({ tried }) => tried),
      (value) => String(value),
    ),
    pair(
      found.map(({ cpuMs }) => cpuMs),
      secondsOf,
    ),
    largest === null ? '' : `${largest}${mark}`,
    String(known),
    control.length === 0 ? '' : controlCell(control),
    exportable,
  ];
}

function controlCell(control: readonly Hunted[]): Cell {
  const found = control.filter(isFound);
  const middle = quantile(
    found.map(({ cpuMs }) => cpuMs),
    0.5,
  );
  return `${found.length}/${control.length}${middle === null ? '' : ` ${secondsOf(middle)} s`}`;
}

const secondsOf = (ms: number): string => (ms / 1000).toFixed(1);

function pair(values: readonly number[], text: (value: number) => string): Cell {
  const [middle, high] = [quantile(values, 0.5), quantile(values, 0.9)];
  return middle === null || high === null ? '' : `${text(middle)} (${text(high)})`;
}

/** What the table says in the end. */
export function bugsSummary(scores: readonly Score[]): string[] {
  const judged = scores.filter(({ hunts }) => hunts.length > 0);
  const always = judged.filter(({ hunts }) => hunts.every(isFound));
  const hunts = judged.flatMap((score) => score.hunts.filter(isFound));
  const shrunk = judged.flatMap(({ hunts: own, known }) =>
    own.flatMap(({ shrunkTo }) => (shrunkTo === null ? [] : [isSmallEnough(shrunkTo, known)])),
  );
  const control = judged.filter((score) => score.control.some(isFound));
  const middle = quantile(
    hunts.map(({ cpuMs }) => cpuMs),
    0.5,
  );
  return [
    `${always.length} of ${judged.length} bugs found with every seed; ${scores.length - judged.length} have no judge yet`,
    ...(middle === null
      ? []
      : [`half of the hunts that found something took at most ${secondsOf(middle)} s of processor time`]),
    `${shrunk.filter(Boolean).length} of ${shrunk.length} cases are at most 1.5 times the smallest known sequence and one operation more`,
    ...(judged.some((score) => score.control.length > 0)
      ? [`a generator like fsx, which compares contents and sizes, found ${control.length} of them`]
      : []),
  ];
}
