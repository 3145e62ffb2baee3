import { expect, test } from 'vitest';
import { openChecker } from '../e2fsck.fixture.ts';
import { ImageFiles } from '../image-file.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import type { BlockSize } from '../setup.ts';
import type { Script } from './catalogue/script.ts';
import { RACE_MODES, setupOf, type RaceMode } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { searchSchedules } from './race-search.ts';
import { UNWATCHED, type RaceContext } from './race-watch.ts';
import { sourceOf } from './strategy.ts';

/** Runs what needs every judge of a race, and takes away what they leave. */
export async function withJudges<T>(use: (context: RaceContext) => Promise<T>): Promise<T> {
  const { e2fsck, folder, close } = await openChecker();
  try {
    const files = new ImageFiles(folder);
    return await use({ judges: { e2fsck, files, targets: typescriptTargets() }, watch: UNWATCHED });
  } finally {
    await close();
  }
}

/** Everything that a plan may say, where a test does not say otherwise. */
export const PLAN = {
  seed: 1,
  races: [],
  modes: [],
  blockSizes: [1024],
  faults: [],
  strategy: 'exhaustive',
  bound: 1,
  schedules: null,
  drawn: 0,
} as const;

export const FOR_EVER = { endsAt: Infinity, stop: new AbortController().signal } as const;

/** A way to mount, by its name. */
export function modeNamed(name: string): RaceMode {
  const mode = RACE_MODES.find((each) => each.name === name);
  if (mode === undefined) throw new Error(`there is no ${name}`);
  return mode;
}

/** The program on the smallest file system of a mode. */
export function programIn(name: string, blockSize: BlockSize, script: Script): RaceProgram {
  const mode = modeNamed(name);
  return { setup: setupOf(mode, blockSize), target: mode.target, faults: [], ...script };
}

/** Looks at every schedule with one preemption at most, and expects that the program holds in all of them. */
export const expectToHold = (program: RaceProgram): Promise<void> =>
  withJudges(async (context) => {
    const source = sourceOf('exhaustive', { seed: 1, bound: 1, limit: Infinity });
    const limits = { ...FOR_EVER, schedules: Infinity };
    const { found } = await searchSchedules(program, source, context, limits, () => undefined);
    expect(found.map(({ failure }) => failure.words)).toEqual([]);
    expect(source.isExhausted).toBe(true);
  });

/** Tests that a script holds in all those schedules, on both paths. */
export const testBothPaths = (about: string, blockSize: BlockSize, script: Script): void =>
  test.each(['delalloc', 'iomap'])(`${about}: %s`, { timeout: 240_000 }, (name) =>
    expectToHold(programIn(name, blockSize, script)),
  );
