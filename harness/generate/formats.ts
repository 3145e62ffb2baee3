import * as fc from 'fast-check';
import type { SetupFormat } from '../format.ts';
import type { BlockSize } from '../setup.ts';
import { compatible, FORMAT_DIMENSIONS, formatOf, type FormatChoice } from './format-choices.ts';

/** One or two questions are answered unusually, and seldom any number of them. */
export function unusualFormats(blockSize: BlockSize): fc.Arbitrary<SetupFormat | undefined> {
  const answers = FORMAT_DIMENSIONS.map(({ choices }) => fc.constantFrom(...choices));
  const some = (most: number): fc.Arbitrary<FormatChoice[]> =>
    fc.subarray(answers, { minLength: 1, maxLength: most }).chain((chosen) => fc.tuple(...chosen));
  const made = (most: number): fc.Arbitrary<SetupFormat | undefined> =>
    some(most).map((choices) => formatOf(compatible(choices, blockSize)));
  return fc.oneof({ weight: 3, arbitrary: made(2) }, { weight: 1, arbitrary: made(answers.length) });
}
