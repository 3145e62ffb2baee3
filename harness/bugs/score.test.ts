import { expect, test } from 'vitest';
import { bugsText, readBugs, type Hunted, type Score } from './bugs-record.ts';
import { figuresOf, isSmallEnough, quantile } from './score.ts';
import { summaryOf } from './summary.ts';

test.each([
  [[], 0.5, null],
  [[7], 0.9, 7],
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 0.9, 90],
  [[1, 2], 1, 2],
])('of %j the quantile %d is %j, one of them', (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});

test('a case may be half as long again as the smallest known, and one operation longer', () => {
  expect(isSmallEnough(7, 4)).toBe(true);
  expect(isSmallEnough(8, 4)).toBe(false);
  expect(isSmallEnough(2, 1)).toBe(true);
});

const hunted = (judge: string | null, tried: number, shrunkTo: number | null): Hunted => ({
  seed: 1,
  judge,
  detail: null,
  tried,
  cpuMs: 10 * tried,
  foundWith: judge === null ? null : 60,
  shrunkTo,
  caseFile: null,
  failsUnplanted: false,
});

const HUNTS = [
  hunted('result', 100, 4),
  hunted('tree', 300, 8),
  hunted('tree', 200, null),
  hunted(null, 9e5, null),
];

test('hunts that found nothing count as such, and for no median', () => {
  expect(figuresOf(HUNTS, 4)).toEqual({
    found: 3,
    of: 4,
    judges: ['result', 'tree'],
    tried: { median: 200, p90: 300 },
    cpuMs: { median: 2000, p90: 3000 },
    largest: 8,
    shrunk: 2,
    small: 1,
  });
});

const score = (id: string, hunts: readonly Hunted[], control: readonly Hunted[]): Score => ({
  id,
  fault: 'x',
  source: 'of this test',
  mechanism: 'x',
  hunter: 'check',
  needs: [],
  known: 4,
  hunts: [...hunts],
  control: [...control],
  figures: figuresOf(hunts, 4),
  controlFigures: figuresOf(control, 4),
  exports: ['xfs_io'],
});

const SCORES = [
  score('B01', HUNTS, [hunted(null, 1000, null)]),
  score('B02', [hunted('e2fsck', 100, 1)], [hunted('result', 1000, null)]),
];

test('the sentences say what was always found, how soon, how small, and what the control found', () => {
  const text = summaryOf(SCORES).join('\n');
  expect(text).toContain('1 of 2 bugs found with every seed, 4 of 5 hunts');
  expect(text).toContain('at most 1.0 s of processor time, nine of ten 3.0 s');
  expect(text).toContain('2 of 3 cases are at most');
  expect(text).toContain('fsx, which compares contents and sizes, found 1 of 2');
});

test('what is written is read again; what is none is refused with the place', () => {
  const measured = { scores: SCORES, unplanted: [], summary: [], impossible: [] };
  expect(readBugs(bugsText(measured), 'bugs.json')).toMatchObject(measured);
  expect(() => readBugs('{', 'bugs.json')).toThrow(/bugs.json: not JSON/);
  expect(() => readBugs(bugsText({ ...measured, scores: [{}] as never }), 'bugs.json')).toThrow(/scores/);
});

test('what fails with nothing planted as well is not found, and the sentences name its case', () => {
  const mistaken = { ...hunted('result', 100, 3), caseFile: 'x/case.json', failsUnplanted: true };
  expect(figuresOf([mistaken, hunted('result', 200, 4)], 4)).toMatchObject({ found: 1, of: 2, shrunk: 1 });
  const text = summaryOf([score('B09', [mistaken], [])]).join('\n');
  expect(text).toContain('0 of 1 bugs found with every seed');
  expect(text).toContain(
    'what B09 with seed 1 came to fails with nothing planted, too, and counts as nothing: x/case.json',
  );
});
