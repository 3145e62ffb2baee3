import type { SetupFormat } from '../format.ts';
import type { Need, PlantedBug } from './bug.ts';

/** Formats that somebody who cares for such files would ask `check` for; the usual draw has each only now and then. */
const FORMATS: Partial<Readonly<Record<Need, SetupFormat>>> = {
  bigalloc: { features: ['bigalloc'] },
  'fast commit': { features: ['fast_commit'] },
  'indirect blocks': { features: ['^64bit', '^extent'] },
};

/** The format to hunt a bug on; undefined is whatever is drawn. All else is as when nobody chooses. */
export const formatFor = ({ needs }: Pick<PlantedBug, 'needs'>): SetupFormat | undefined =>
  needs.map((need) => FORMATS[need]).find((format) => format !== undefined);
