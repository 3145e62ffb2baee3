import { Model } from '../../../model/index.ts';
import { generateSequence, poolOfSequence, sequenceSeed, type Sequence } from '../../generate-sequence.ts';
import { modelOptions, timeOfStep } from '../../setup.ts';
import type { Target } from '../../target.ts';
import { atOnce, endAtOnce } from '../at-once.ts';
import type { Contestant, Lap } from '../contest.ts';
import { timed } from '../pieces.ts';

/** Sequences of campaigns: other ones in each round, and in one round the same for everybody. */
export class SequenceSupply {
  readonly #seed: number;
  readonly #perRound: number;
  readonly #rounds: { sequences: readonly Sequence[]; ms: number }[] = [];

  constructor(seed: number, perRound: number) {
    this.#seed = seed;
    this.#perRound = perRound;
  }

  /** The sequences of round `number`, and how long it took to draw them. */
  round(number: number): { readonly sequences: readonly Sequence[]; readonly ms: number } {
    const known = this.#rounds[number];
    if (known !== undefined) return known;
    const before = performance.now();
    const sequences = Array.from({ length: this.#perRound }, (_, index) => {
      const place = number * this.#perRound + index;
      return generateSequence(sequenceSeed(this.#seed, place), {
        maxOperations: OPERATIONS_MAX,
        blockSize: null,
        pool: poolOfSequence(this.#seed, place),
      });
    });
    const drawn = { sequences, ms: performance.now() - before };
    // Who comes first in a round draws; the rounds before are over.
    this.#rounds.length = 0;
    this.#rounds[number] = drawn;
    return drawn;
  }
}

export const OPERATIONS_MAX = 60;

const operationsOf = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { operations }) => sum + operations.length, 0);

/** Does something with the sequences of one round after the other. */
function roundsOf(
  subject: string,
  supply: SequenceSupply,
  work: (sequences: readonly Sequence[], drawnMs: number) => readonly Lap[],
): Contestant {
  let number = 0;
  return {
    subject,
    round() {
      const { sequences, ms } = supply.round(number++);
      return work(sequences, ms);
    },
  };
}

/** Drawing sequences: the model takes part, because what makes sense next depends on what was before. */
export const generating = (supply: SequenceSupply): Contestant =>
  roundsOf('generate', supply, (sequences, ms) => [
    { workload: 'operations', amount: operationsOf(sequences), ms },
  ]);

/** The model by itself. */
export const modelAlone = (supply: SequenceSupply): Contestant =>
  roundsOf('model alone', supply, (sequences) => [
    {
      workload: 'operations',
      amount: operationsOf(sequences),
      ms: timed(() => {
        for (const { setup, operations } of sequences) {
          const model = new Model(modelOptions(setup));
          for (const [step, operation] of operations.entries()) model.step(operation, timeOfStep(step));
        }
      }),
    },
  ]);

/** A target by itself: mount, operations, unmount. Nobody compares what it answers. */
export const targetAlone = (target: Target, supply: SequenceSupply): Contestant =>
  roundsOf(`${target.name} alone`, supply, (sequences) => [
    {
      workload: 'operations',
      amount: operationsOf(sequences),
      ms: timed(() => {
        for (const sequence of sequences) perform(target, sequence);
      }),
    },
  ]);

function perform(target: Target, { setup, operations }: Sequence): void {
  const session = atOnce(target.start(setup, { faults: [], now: timeOfStep(0) }));
  for (const [step, operation] of operations.entries()) atOnce(session.apply(operation, timeOfStep(step)));
  endAtOnce(session);
}
