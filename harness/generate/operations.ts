import * as fc from 'fast-check';
import type { Operation } from '../../model/index.ts';
import { isOperation } from '../operation-schema.ts';
import type { Setup } from '../setup.ts';
import { PERFORMS_ALL, type Unperformed } from '../unperformed.ts';
import type { DeepTree } from './deep-trees.ts';
import { Dice } from './dice.ts';
import { isFair } from './fairness.ts';
import { drawSequence } from './sequence.ts';
import { simplerOperations } from './simpler.ts';

/** What may be drawn. */
export interface GenerationOptions {
  readonly setup: Setup;
  /** At least 1. */
  readonly maxOperations: number;
  /** What is left out. */
  readonly unperformed?: Unperformed | undefined;
  /** What they begin with; see deep-trees.ts. */
  readonly deep?: DeepTree | undefined;
}

/**
 * Sequences of 1 .. maxOperations operations for a file system made from `setup`, each drawn in the state that those
 * before it lead to. Shrinking is fast-check's own for arrays, over operations that shrink as plain values; unfair
 * candidates are left out.
 */
export function operationSequences(options: GenerationOptions): fc.Arbitrary<readonly Operation[]> {
  return new OperationSequences(options);
}

class OperationSequences extends fc.Arbitrary<readonly Operation[]> {
  readonly #options: GenerationOptions;
  readonly #array: fc.Arbitrary<Operation[]>;

  constructor(options: GenerationOptions) {
    super();
    if (!Number.isInteger(options.maxOperations) || options.maxOperations < 1) {
      throw new RangeError(`maxOperations is ${options.maxOperations}, expected an integer of at least 1`);
    }
    this.#options = options;
    this.#array = fc.array(new SingleOperation(), { maxLength: options.maxOperations, size: 'max' });
  }

  /**
   * fast-check's bias is left out of account: it makes values small or extreme, and here both are drawn by what the
   * file system is like.
   */
  override generate(mrng: fc.Random): fc.Value<readonly Operation[]> {
    const { setup, maxOperations, unperformed = PERFORMS_ALL, deep } = this.#options;
    const dice = new Dice(mrng);
    // Most runs are long, for a bug needs something to stand on; short ones cost little and need less shrinking.
    const length = dice.oneIn(4) ? dice.between(1, maxOperations) : maxOperations;
    return new fc.Value<readonly Operation[]>(
      drawSequence(dice, setup, length, unperformed, deep),
      undefined,
    );
  }

  override canShrinkWithoutContext(value: unknown): value is readonly Operation[] {
    return this.#array.canShrinkWithoutContext(value);
  }

  override shrink(value: readonly Operation[], context: unknown): fc.Stream<fc.Value<readonly Operation[]>> {
    return this.#array
      .shrink([...value], context)
      .filter((candidate) => isFair(this.#options.setup, candidate.value));
  }
}

/** One operation, for shrinking only. */
class SingleOperation extends fc.Arbitrary<Operation> {
  override generate(): never {
    throw new TypeError('operations are generated as sequences, never one by one');
  }

  override canShrinkWithoutContext(value: unknown): value is Operation {
    return isOperation(value);
  }

  override shrink(value: Operation): fc.Stream<fc.Value<Operation>> {
    return fc.stream(simplerOperations(value)).map((simpler) => new fc.Value(simpler, undefined));
  }
}
