import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasFeature } from '../format.ts';
import { setups } from '../generate/setups.ts';
import { inTrouble } from '../generate/trouble.ts';
import { DEFAULT_SETUP, readSetup, type Setup } from '../setup.ts';
import { setupProblem } from '../targets/typescript/target.ts';
import { simplifySetup } from './simpler-setups.ts';

/** Setups as campaigns draw them, every other one with a device that fails. */
const DRAWN: readonly Setup[] = fc
  .sample(setups({ dax: 'possible' }), { seed: 20_261_201, numRuns: 300 })
  .map((setup, seed) => (seed % 2 === 0 ? inTrouble(setup, seed) : setup));

const simplest = (setup: Setup, stillFails: (candidate: Setup) => boolean): Promise<Setup> =>
  simplifySetup(setup, (candidate) => Promise.resolve(stillFails(candidate)));

const isSetup = (setup: Setup): boolean => {
  try {
    readSetup(setup, 'a candidate');
    return setupProblem(setup) === null;
  } catch {
    return false;
  }
};

describe('setups become simpler', () => {
  it('up to the usual one where nothing of them matters', async () => {
    for (const setup of DRAWN) expect(await simplest(setup, () => true)).toEqual(DEFAULT_SETUP);
  });

  it('to the usual one but for what matters', async () => {
    const without: Setup = { ...DEFAULT_SETUP, mount: { ...DEFAULT_SETUP.mount, delalloc: false } };
    const small: Setup = { ...DEFAULT_SETUP, blockSize: 1024 };
    const clustered: Setup = { ...DEFAULT_SETUP, format: { features: ['bigalloc'] } };
    for (const setup of DRAWN) {
      if (!setup.mount.delalloc && setup.mount.data !== 'journal')
        expect(await simplest(setup, ({ mount }) => !mount.delalloc)).toEqual(without);
      if (setup.blockSize === 1024)
        expect(await simplest(setup, ({ blockSize }) => blockSize === 1024)).toEqual(small);
      if (hasFeature(setup.format, 'bigalloc'))
        expect(await simplest(setup, (one) => isSetup(one) && hasFeature(one.format, 'bigalloc'))).toEqual(
          clustered,
        );
    }
  });

  it('by no step that leads back', async () => {
    for (const [index, setup] of DRAWN.entries()) {
      // Some steps are refused, the same whenever they are asked about.
      let asked = 0;
      const refused = (): boolean => (asked++ + index) % 3 !== 0;
      await simplest(setup, refused);
      expect(asked).toBeLessThan(200);
    }
  });
});
