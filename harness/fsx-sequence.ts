import type { Operation } from '../model/index.ts';
import { generateSequence, type GenerationLimits, type Sequence } from './generate-sequence.ts';
import { FSX_SETUP, fsxMix } from './generate/fsx-mix.ts';
import { seededDice } from './generate/seeded-dice.ts';

/** fsx goes on with one file for thousands of steps. */
const STEPS = 400;

/**
 * What fsx would do on a file system such as campaigns have: one file, its list of operations, each as likely as the other, and
 * after each a look at nothing but the size. Devices are roomy, as fsx expects them.
 */
export function fsxSequence(seed: number, limits: GenerationLimits): Sequence {
  const { blockSize, mount, format } = generateSequence(seed, { ...limits, maxOperations: 1 }).setup;
  const setup = { blockSize, sizeBytes: FSX_SETUP.sizeBytes, mount, ...(format !== undefined && { format }) };
  return { setup, operations: fsxMix(seededDice(seed), STEPS).operations.map(sizeOnly) };
}

/** Of what fstat(2) answers fsx looks at the size. */
const sizeOnly = (operation: Operation): Operation =>
  operation.op === 'fstat' ? { op: 'seek', handle: operation.handle, offset: 0, whence: 'end' } : operation;
