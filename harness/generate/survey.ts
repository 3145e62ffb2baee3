import { Model, type Operation } from '../../model/index.ts';
import type { GenerationLimits, Sequence } from '../generate-sequence.ts';
import {
  canBeMapped,
  modelOptions,
  SMALLEST_BYTES,
  timeOfStep,
  type Setup,
  type SetupMount,
} from '../setup.ts';
import { unperformedOf } from '../unperformed.ts';
import { isFairNow } from './fairness.ts';
import { CACHE_SURVEY, NAME_SURVEY, WAY_SURVEY } from './survey-steps.ts';

/**
 * The sequences that a campaign of no fixed length begins with: each operation in each of its ways, and what has every table called
 * for every callback, once. What comes after them is drawn, and seldom leaves one of a few hundred out, but on a slow machine does.
 */

interface Survey {
  readonly mount: SetupMount;
  readonly steps: readonly Operation[];
}

const USUAL: SetupMount = { delalloc: true, dioreadNolock: true, atime: 'relatime' };

/** One for each table that a mount can have, then the ways. */
const SURVEYS: readonly Survey[] = [
  { mount: USUAL, steps: CACHE_SURVEY },
  { mount: { ...USUAL, delalloc: false }, steps: CACHE_SURVEY },
  { mount: { ...USUAL, delalloc: false, dioreadNolock: false, data: 'journal' }, steps: CACHE_SURVEY },
  { mount: { ...USUAL, dax: true }, steps: CACHE_SURVEY },
  { mount: USUAL, steps: WAY_SURVEY },
  { mount: USUAL, steps: NAME_SURVEY },
];

const ROOMY_BYTES = 16 << 20;

/** Sequence `number` of a campaign that begins with a survey, within its limits; null where the survey is over. */
export function surveySequence(number: number, limits: GenerationLimits): Sequence | null {
  const possible = SURVEYS.map(({ mount, steps }) => ({ setup: setupWithin(mount, limits), steps })).filter(
    ({ setup }) => isWithin(setup, limits),
  );
  const survey = possible[number];
  if (survey === undefined) return null;
  return { setup: survey.setup, operations: playable(survey.setup, survey.steps, limits) };
}

/** Blocks smaller than a page, so that folios are uptodate in part, but where files are mapped directly. */
function setupWithin(mount: SetupMount, { blockSize, format, atime = mount.atime }: GenerationLimits): Setup {
  const blocks = blockSize ?? (mount.dax === true ? 4096 : 1024);
  return {
    blockSize: blocks,
    sizeBytes: Math.max(ROOMY_BYTES, 2 * SMALLEST_BYTES[blocks]),
    ...(format !== undefined && { format }),
    writesZeroes: true,
    mount: { ...mount, atime },
  };
}

function isWithin(setup: Setup, { dax }: GenerationLimits): boolean {
  const mapped = setup.mount.dax === true;
  if (mapped && (dax === undefined || !canBeMapped(setup))) return false;
  return mapped || dax !== 'required';
}

/** The steps that these targets, and this file system, have something for. */
function playable(setup: Setup, steps: readonly Operation[], limits: GenerationLimits): Operation[] {
  const model = new Model(modelOptions(setup));
  const unperformed = new Set(limits.unperformed);
  return steps.filter((operation, step) => {
    const plays = unperformedOf(operation, unperformed) === null && isFairNow(model, operation, setup);
    if (plays) model.step(operation, timeOfStep(step));
    return plays;
  });
}
