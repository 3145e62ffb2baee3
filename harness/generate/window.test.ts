import { describe, expect, it } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { DEFAULT_SETUP, type Setup } from '../setup.ts';
import { PERFORMS_ALL } from '../unperformed.ts';
import { Dice } from './dice.ts';
import { Scene } from './scene.ts';
import { drawSequence } from './sequence.ts';

const SETUP: Setup = { ...DEFAULT_SETUP, blockSize: 1024 };
const OPERATIONS = 60;

/** A source that counts, so that the test depends on nothing else. */
function diceOf(seed: number): Dice {
  let state = seed + 1;
  return new Dice({ nextInt: () => (state = (state * 48_271) % 2_147_483_647) });
}

interface Run {
  readonly hasWindows: boolean;
  readonly operations: readonly Operation[];
}

/** The dice decide first whether a run has windows, so the same dice tell it of the scene alone. */
const runs: readonly Run[] = Array.from({ length: 400 }, (_, seed) => ({
  hasWindows: new Scene(diceOf(seed), SETUP, PERFORMS_ALL).swarm.hasWindows,
  operations: drawSequence(diceOf(seed), SETUP, OPERATIONS, PERFORMS_ALL),
}));

/** How often a transfer or a change by a descriptor touches the page that the last one of that descriptor's file began in. */
function meetings(operations: readonly Operation[]): number {
  const paths = new Map<string, string>();
  const lastPage = new Map<string, number>();
  let met = 0;
  for (const operation of operations) {
    if (operation.op === 'open') paths.set(operation.as, operation.path);
    if (operation.op !== 'pwrite' && operation.op !== 'pread' && operation.op !== 'fallocate') continue;
    const path = paths.get(operation.handle) ?? '';
    const page = Math.floor(operation.offset / 4096);
    if (lastPage.get(path) === page) met++;
    lastPage.set(path, page);
  }
  return met;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe('windows', () => {
  const windowed = runs.filter(({ hasWindows }) => hasWindows);
  const others = runs.filter(({ hasWindows }) => !hasWindows);

  it('are in a fourth of the runs', () => {
    // What one in ten thousand exceeds lies 3.9 times the deviation of 400 throws away.
    expect(Math.abs(windowed.length - 100)).toBeLessThan(3.9 * Math.sqrt(400 * 0.25 * 0.75));
  });

  it('make operations of one file meet in a page far more often than they do by themselves', () => {
    const met = (some: readonly Run[]): number => mean(some.map(({ operations }) => meetings(operations)));
    expect(met(windowed)).toBeGreaterThan(1.5 * met(others));
  });

  it('open the file again while it is open, and have somebody go from data to holes in turns', () => {
    const share = (some: readonly Run[], wanted: (operations: readonly Operation[]) => boolean): number =>
      some.filter(({ operations }) => wanted(operations)).length / some.length;
    const again = (operations: readonly Operation[]): boolean => {
      const paths = operations.flatMap((operation) => (operation.op === 'open' ? [operation.path] : []));
      return paths.some((path, index) => paths.indexOf(path) !== index);
    };
    const walks = (operations: readonly Operation[]): boolean =>
      operations.some((operation, index) => {
        const next = operations[index + 1];
        if (operation.op !== 'seek' || next?.op !== 'seek') return false;
        return operation.whence === 'data' && next.whence === 'hole' && operation.handle === next.handle;
      });
    expect(share(windowed, again)).toBeGreaterThan(0.5);
    expect(share(windowed, walks)).toBeGreaterThan(2 * share(others, walks));
    expect(share(windowed, walks)).toBeGreaterThan(0.2);
  });
});
