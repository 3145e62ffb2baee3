import type { Score } from './bugs-record.ts';
import { isFound, spreadOf } from './score.ts';

/** What scores come to, in sentences: for the terminal and for the report. */
export function summaryOf(scores: readonly Score[]): string[] {
  const always = scores.filter(({ figures: { found, of } }) => found === of);
  const total = (part: (score: Score) => number): number =>
    scores.reduce((sum, score) => sum + part(score), 0);
  const hunts = scores.flatMap(({ hunts: own }) => own.filter(isFound));
  const took = spreadOf(hunts.map(({ cpuMs }) => cpuMs));
  const medians = spreadOf(
    scores.flatMap(({ figures: { cpuMs } }) => (cpuMs === null ? [] : [cpuMs.median])),
  );
  const controlled = scores.filter(({ control }) => control.length > 0);
  const seen = controlled.filter(({ controlFigures: { found } }) => found > 0);
  const exported = (name: 'fsx' | 'xfs_io'): number =>
    scores.filter((score) => score.exports?.includes(name) === true).length;
  return [
    `${always.length} of ${scores.length} bugs found with every seed, ${total(({ figures }) => figures.found)} of ${total(({ figures }) => figures.of)} hunts`,
    ...(took === null || medians === null
      ? []
      : [
          `half of the hunts that found something took at most ${secondsText(took.median)} s of processor time, nine of ten ${secondsText(took.p90)} s; half of the bugs have a median of at most ${secondsText(medians.median)} s`,
        ]),
    `${total(({ figures }) => figures.small)} of ${total(({ figures }) => figures.shrunk)} cases are at most 1.5 times the smallest known sequence and one operation more`,
    `the smallest case of ${exported('fsx')} bugs goes wrong in fsx --replay-ops, that of ${exported('xfs_io')} can be typed into xfs_io`,
    ...(controlled.length === 0
      ? []
      : [
          `a generator like fsx, which compares contents and sizes, found ${seen.length} of ${controlled.length}`,
        ]),
    ...scores.flatMap(({ id, hunts: own, control }) =>
      [...own, ...control]
        .filter(({ failsUnplanted }) => failsUnplanted)
        .map(
          ({ seed, caseFile }) =>
            `what ${id} with seed ${seed} came to fails with nothing planted, too, and counts as nothing: ${caseFile ?? ''}`,
        ),
    ),
  ];
}

/** Milliseconds as seconds. */
export const secondsText = (ms: number): string => (ms / 1000).toFixed(1);
