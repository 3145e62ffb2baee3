import { expect, test } from 'vitest';
import {
  ALL_STAGES,
  generateSequence,
  hasFeature,
  sequenceSeed,
  type Setup,
  type Stages,
} from '../harness/index.ts';
import { openBench } from './workbench.fixture.ts';

type Data = Setup['mount']['data'];

/** The same setup with a journal that does this with data. */
function withData({ format, ...rest }: Setup, data: Data & string): Setup {
  const journalled = { ...rest, mount: { ...rest.mount, data } };
  return format === undefined || !hasFeature(format, 'has_journal') ? journalled : { ...journalled, format };
}

/** Without a journal there is nothing to say of data. */
function withoutJournal({ mount: { delalloc, dioreadNolock, atime }, ...rest }: Setup): Setup {
  return { ...rest, mount: { delalloc, dioreadNolock, atime }, format: { features: ['^has_journal'] } };
}

/** What the journal does with data, or that there is none: the same sequences as ever, on other setups. */
const MODES: readonly (readonly [
  name: string,
  sequences: number,
  stages: Stages,
  change: (setup: Setup) => Setup,
])[] = [
  ['data=journal', 40, ALL_STAGES, (setup) => withData(setup, 'journal')],
  ['data=writeback', 8, ALL_STAGES, (setup) => withData(setup, 'writeback')],
  [
    'no journal',
    30,
    // A power cut without a journal is a matter for e2fsck.
    { ...ALL_STAGES, recovery: false },
    withoutJournal,
  ],
];

test.each(MODES)(
  '%s: model and targets agree, and e2fsck with the images',
  async (_, sequences, stages, change) => {
    const bench = await openBench();
    for (let number = 0; number < sequences; number++) {
      const { setup, operations } = generateSequence(sequenceSeed(77, number), {
        maxOperations: 60,
        blockSize: null,
        unperformed: bench.unperformed,
      });
      const changed = change(setup);
      const { verdict } = await bench.run(changed, operations, stages);
      const context = verdict.kind === 'holds' ? null : { number, setup: changed, operations };
      expect({ verdict, context }).toEqual({ verdict: { kind: 'holds' }, context: null });
    }
  },
);
