import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  hunt,
  openWorkspace,
  performHere,
  PLANTED_BUGS,
  type Hunter,
  type HuntOptions,
  type PlantedBug,
} from '../harness/index.ts';

/**
 * How soon each planted bug was found when somebody measured it last: for each seed the operations (schedules of races, states after
 * power cuts) until then, null where it was not found. TWINPATH_BASELINE=all measures anew, which takes long, TWINPATH_BASELINE=B01,race
 * only some.
 */
const FILE = join(import.meta.dirname, 'bugs-baseline.json');

type Baseline = Readonly<Record<string, readonly (number | null)[]>>;

const BASELINE = JSON.parse(readFileSync(FILE, 'utf8')) as Baseline;

const SEEDS = [1, 2, 3];

/** Found with every seed, and after so many tries at most with the one that the test hunts with, is found quickly. */
const QUICK: Readonly<Record<Hunter, number>> = { check: 3000, race: 3000, crash: 1500 };

/** Whoever changes a generator draws other sequences; what was found after a few thousand tries is found after ten times as many. */
const SLACK = 10;

/** When it is measured, nobody waits for longer. */
const MEASURE = 5;

const wanted = process.env['TWINPATH_BASELINE']?.split(',');
const measures = wanted !== undefined;

/** In a test, nobody could end what hangs. */
const BUGS = PLANTED_BUGS.filter(({ seenBy }) => !seenBy.includes('hang'));

const isWanted = ({ id, hunter }: PlantedBug): boolean =>
  [id, hunter, 'all'].some((word) => wanted?.includes(word));

const isQuick = ({ id, hunter }: PlantedBug): boolean => {
  const [first = null, ...others] = BASELINE[id] ?? [];
  return first !== null && first <= QUICK[hunter] && !others.includes(null);
};

describe('planted bugs that are found quickly', async () => {
  const workspace = await openWorkspace();
  afterAll(() => workspace.remove());

  const optionsFor = (name: string, triesMax: number): HuntOptions => ({
    perform: performHere,
    folder: join(workspace.path, name),
    workspace: workspace.path,
    e2fsck: true,
    cpuMs: Infinity,
    triesMax,
    shrinkMs: 0,
    stop: new AbortController().signal,
    version: 'test',
  });

  test.runIf(!measures).each(BUGS.filter(isQuick))(
    '$id $fault is found by $hunter',
    async ({ id, fault, hunter }) => {
      const options = optionsFor(id, SLACK * QUICK[hunter]);
      const { judge, tried, failsUnplanted } = await hunt({ fault, hunter }, 1, options);
      expect({ judge, tried }).not.toMatchObject({ judge: null });
      expect(failsUnplanted).toBe(false);
    },
  );

  test.runIf(!measures).each(['check', 'race', 'crash'] as const)(
    'with nothing planted, %s finds nothing',
    async (hunter) => {
      const { judge, detail } = await hunt({ fault: null, hunter }, 1, optionsFor(hunter, QUICK[hunter]));
      expect({ judge, detail }).toEqual({ judge: null, detail: null });
    },
  );

  test.runIf(measures)('are measured', { timeout: 0 }, async () => {
    const measured: Record<string, (number | null)[]> = { ...BASELINE } as Record<string, (number | null)[]>;
    const bugs = BUGS.filter(isWanted);
    for (const { id } of bugs) measured[id] = [];
    // Seed by seed, so that there is something about each bug when somebody ends it.
    for (const seed of SEEDS)
      for (const { id, fault, hunter } of bugs) {
        const options = optionsFor(`${id}-${seed}`, MEASURE * QUICK[hunter]);
        const { judge, tried, failsUnplanted } = await hunt({ fault, hunter }, seed, options);
        measured[id]?.push(judge === null || failsUnplanted ? null : tried);
        writeFileSync(FILE, `${textOf(measured)}\n`);
      }
  });
});

/** A line for each bug, in the order of their ids. */
const textOf = (measured: Baseline): string =>
  `{\n${Object.entries(measured)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([id, tries]) => `  ${JSON.stringify(id)}: [${tries.map(String).join(', ')}]`)
    .join(',\n')}\n}`;
