import { expect, test } from 'vitest';
import { CATALOGUE } from './catalogue/catalogue.ts';
import { raceItems, type RaceItem, type RacePlan } from './race-plan.ts';
import { PLAN } from './racing.fixture.ts';

const RACES = CATALOGUE.slice(0, 3).map(({ name }) => name);
const plan: RacePlan = { ...PLAN, races: RACES, modes: ['delalloc', 'iomap'], strategy: null, drawn: 600 };

const items = (asked: RacePlan): RaceItem[] => [...raceItems(asked)];
const isDrawn = ({ name }: RaceItem): boolean => name.startsWith('drawn');

test('every race in every mode is looked at before one is looked at for the last time, which is exhaustive', () => {
  const catalogued = items(plan).filter((item) => !isDrawn(item));
  const programs = catalogued.filter(({ isFirst }) => isFirst).map(({ name }) => name);
  expect(programs).toHaveLength(RACES.length * 2);
  expect(new Set(catalogued.slice(0, 2 * programs.length).map(({ name }) => name))).toEqual(
    new Set(programs),
  );
  const last = catalogued.slice(-programs.length);
  expect(catalogued.filter(({ isLast }) => isLast)).toEqual(last);
  expect(last.map(({ name }) => name)).toEqual(programs);
  expect(last.every(({ strategy, schedules }) => strategy === 'exhaustive' && schedules === Infinity)).toBe(
    true,
  );
});

test('an exhaustive search goes on where it stopped the last time', () => {
  const [one] = items(plan);
  const same = items(plan).filter(({ name, strategy }) => name === one?.name && strategy === 'exhaustive');
  expect(same).toHaveLength(6);
  expect(new Set(same.map(({ source }) => source)).size).toBe(1);
});

test('shares grow, programs are drawn in every round, and no two rounds have the same schedules', () => {
  const drawn = items(plan).filter(isDrawn);
  expect(drawn.map(({ name }) => Number(name.split(' ')[1]))).toEqual(drawn.map((_, index) => index));
  // Of what a drawn program does not get, there are more of them: twice the schedules that 6 catalogued ones have in two ways.
  expect(drawn.slice(0, 24 + 32 + 64 + 128 + 256).map(({ schedules }) => schedules)).toEqual(
    [24, 32, 64, 128, 256].flatMap((count, round) =>
      Array.from({ length: count }, () => Math.min(8 * 2 ** round, 12)),
    ),
  );
  const [one = ''] = items(plan).map(({ name }) => name);
  const sampled = items(plan).filter(({ name, strategy }) => name === one && strategy !== 'exhaustive');
  expect(sampled.map(({ schedules }) => schedules)).toEqual([8, 16, 32, 64, 128]);
  const first = sampled.map(choicesOf);
  expect(new Set(first).size).toBe(first.length);
  expect(sampledAgain(one)).toEqual(first);
});

test('what is asked for is all there is: a strategy, so many schedules, so many programs', () => {
  const asked = items({ ...plan, strategy: 'pct', schedules: 5, drawn: 2 });
  expect(asked.map(({ strategy, schedules }) => [strategy, schedules])).toEqual(asked.map(() => ['pct', 5]));
  expect(asked).toHaveLength(RACES.length * 2 + 2);
});

const sampledAgain = (wanted: string): string[] =>
  items(plan)
    .filter(({ name, strategy }) => name === wanted && strategy !== 'exhaustive')
    .map(choicesOf);

/** What the schedules of an item choose at ten decisions between three tasks. */
function choicesOf({ source, strategy }: RaceItem): string {
  const decision = { options: 3, preempts: true, delaysWorker: false };
  const runnable = [1, 2, 3].map((id) => ({
    id,
    name: `task ${id}`,
    daemon: false,
    runnable: true,
    waitingOn: null,
    held: [],
  }));
  const chosen: number[] = [];
  for (let schedule = 0; schedule < 8; schedule++) {
    source.next((choose) => {
      for (let at = 0; at < 10; at++) chosen.push(choose(at, decision, runnable, 0) % 3);
      return Array.from({ length: 10 }, () => decision);
    });
  }
  return `${strategy} ${chosen.join('')}`;
}
