import * as fc from 'fast-check';
import type { Operation, OperationName } from '../model/index.ts';
import type { SetupFormat } from './format.ts';
import { INSPECT_EVERY_OF_MANY_NAMES, type DeepTree } from './generate/deep-trees.ts';
import { operationSequences } from './generate/operations.ts';
import { setups } from './generate/setups.ts';
import type { BlockSize, Setup, SetupMount } from './setup.ts';
import type { OperationPart } from './unperformed.ts';

/** What sequences may look like. */
export interface GenerationLimits {
  readonly maxOperations: number;
  /** Null: whatever the swarm draws. */
  readonly blockSize: BlockSize | null;
  /** Absent: whatever the swarm draws, the usual format most often. */
  readonly format?: SetupFormat | undefined;
  /** Absent: any unusual format; else only those of a small pool (see poolOfSequence). */
  readonly pool?: number | undefined;
  /** No format with one of these features. */
  readonly without?: readonly string[] | undefined;
  /** What targets cannot perform; see Capabilities.unperformed. Nothing when absent. */
  readonly unperformed?: readonly (OperationName | OperationPart)[] | undefined;
  /** Whether files are mapped directly: sometimes, where they can be, always, or never. */
  readonly dax?: 'possible' | 'required' | undefined;
  /** What is made before the operations, and not counted among them; nothing when absent. */
  readonly deep?: DeepTree | undefined;
  /** The kernel's default when absent. */
  readonly atime?: SetupMount['atime'] | undefined;
}

/** A file system, and what is done to it. */
export interface Sequence {
  readonly setup: Setup;
  readonly operations: readonly Operation[];
}

/** The seed of one sequence of a campaign: far from those of its neighbours (splitmix32's finish). */
export function sequenceSeed(campaignSeed: number, sequence: number): number {
  let mixed = (campaignSeed + Math.imul(sequence + 1, 0x9e3779b9)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

/** So many sequences of a campaign share a pool of unusual formats, so that most images need not be made anew. */
const SEQUENCES_PER_POOL = 512;

/** The number of the pool from which sequence `sequence` of a campaign draws. */
export const poolOfSequence = (campaignSeed: number, sequence: number): number =>
  sequenceSeed(~campaignSeed, Math.floor(sequence / SEQUENCES_PER_POOL));

/** The sequence that belongs to a seed; the same for ever, as long as the generators stay as they are. */
export function generateSequence(seed: number, limits: GenerationLimits): Sequence {
  const [sequence] = fc.sample(sequencesWithin(limits), { seed, numRuns: 1 });
  if (sequence === undefined) throw new Error('the generator made no sequence');
  return sequence;
}

const KNOWN_MAX = 8;
const known = new Map<string, fc.Arbitrary<Sequence>>();

/** Made once for each kind of limits: building arbitraries takes as long as drawing a sequence from them. */
function sequencesWithin(limits: GenerationLimits): fc.Arbitrary<Sequence> {
  const key = JSON.stringify(limits);
  let sequences = known.get(key);
  if (sequences === undefined) {
    const { maxOperations, blockSize, format, pool, without, atime, dax, deep } = limits;
    const unperformed = new Set(limits.unperformed);
    const inspectEvery = deep === 'names' ? INSPECT_EVERY_OF_MANY_NAMES : undefined;
    const choices = { blockSize: blockSize ?? undefined, format, pool, without, atime, dax, inspectEvery };
    sequences = setups(choices).chain((setup) =>
      operationSequences({ setup, maxOperations, unperformed, deep }).map((operations) => ({
        setup,
        operations,
      })),
    );
    const [oldest] = known.keys();
    if (known.size >= KNOWN_MAX && oldest !== undefined) known.delete(oldest);
    known.set(key, sequences);
  }
  return sequences;
}
