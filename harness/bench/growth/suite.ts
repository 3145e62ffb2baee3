import type { Contest, Contestant, Scale, Suite } from '../contest.ts';
import { timed } from '../pieces.ts';
import { growingDirectory } from './files.ts';
import type { Growing } from './growing.ts';
import { growingRun } from './long-run.ts';
import { performerKinds, type PerformerKind } from './performer.ts';
import { GROWING_FILE } from './sparse-file.ts';

/** The same operations beside little and beside much: whose cost grows has a loop over what nobody asked for. */
export const GROWTH_SUITE: Suite = {
  name: 'growth',
  summary:
    'what an operation costs after a long run, among many files, and in a large sparse file, beside little of each',
  contests: ({ files }: Scale) =>
    [growingRun(files), growingDirectory(files), GROWING_FILE].map((growing) => contestOf(growing)),
};

/**
 * Some probes are one call a round. Until the engine has compiled what an fsync does it takes twenty times as long, some hundred
 * fsyncs of all contestants together.
 */
const WARM_UP_ROUNDS = 20;

/** Everybody in one contest: both paths share most of their code, and whoever came first would have it compiled for the other. */
const contestOf = (growing: Growing): Contest => ({
  name: growing.name,
  sizeBytes: null,
  unit: 'us',
  warmUpRounds: WARM_UP_ROUNDS,
  enter: () => performerKinds().flatMap((kind) => growing.sizes.map((size) => atSize(growing, size, kind))),
});

function atSize(growing: Growing, size: number, kind: PerformerKind): Contestant {
  const [smallest = size] = growing.sizes;
  const performer = kind.start(growing.setup(size));
  performer.perform(growing.grow(size));
  const probes = growing.probes(size);
  return {
    subject: growing.sizeText(size),
    ...(size !== smallest && { multipleOf: growing.sizeText(smallest) }),
    round: () =>
      probes.map(({ verb, operations }) => ({
        workload: `${verb}, ${kind.name}`,
        amount: operations.length,
        ms: timed(() => performer.perform(operations)),
      })),
    close: () => performer.close(),
  };
}
