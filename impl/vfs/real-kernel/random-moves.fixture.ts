import fc from 'fast-check';
import type { Call, Program } from './call.fixture.ts';

/** Random programs of two files of some pages whose extents change places, between what else happens to them. */

const PAGE = 4096;
const PAGES = 16;

const file = fc.constantFrom('f', 'g');
const name = fc.constantFrom('a', 'b');
const page = fc.nat(PAGES - 1);
const pages = fc.integer({ min: 1, max: 6 });

/** Blocks of 1 KiB: mostly whole pages, which is how e4defrag asks for them. */
const block = fc.oneof(
  fc.nat(PAGES).map((at) => at * 4),
  fc.nat(PAGES * 4),
);

const move: fc.Arbitrary<Call> = fc
  .record({
    forth: fc.boolean(),
    at: block,
    donorAt: block,
    together: fc.boolean(),
    length: fc.oneof(fc.nat(PAGES * 5), fc.nat(8)),
  })
  .map(({ forth, at, donorAt, together, length }) => [
    'moveExtent',
    forth ? 'f' : 'g',
    forth ? 'g' : 'f',
    at,
    together ? at : donorAt,
    length,
  ]);

const call: fc.Arbitrary<readonly Call[]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        file,
        fc.nat(PAGES * PAGE),
        fc.integer({ min: 1, max: 5 * PAGE }),
        fc.integer({ min: 1, max: 255 }),
      )
      .map(([of, at, length, value]): Call[] => [['pwrite', of, at, length, value]]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(file, fc.constantFrom('allocate', 'keep-size', 'punch', 'zero', 'collapse'), page, pages)
      .map(([of, mode, at, length]): Call[] => [['fallocate', of, mode, at * PAGE, length * PAGE]]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(file, fc.nat(PAGES * PAGE)).map(([of, size]): Call[] => [['ftruncate', of, size]]),
  },
  // What is dirty stays where it is, so mostly everything is written first.
  { weight: 10, arbitrary: move.map((one): Call[] => [['fsync', 'f'], ['fsync', 'g'], one]) },
  { weight: 2, arbitrary: move.map((one): Call[] => [one]) },
  { weight: 2, arbitrary: name.map((of): Call[] => [['contents', of]]) },
  {
    weight: 2,
    arbitrary: fc.tuple(file, page, pages).map(([of, at, length]): Call[] => [
      ['fsync', of],
      ['fadvise', of, at * PAGE, length * PAGE, 'dontneed'],
    ]),
  },
);

const lookAt = (of: string): Program => [
  ['stat', of],
  ['contents', of],
  ['mapped', of],
];

/** Programs that are the same for the same seed. */
export function randomMovePrograms(seed: number, count: number, calls: number): Record<string, Program> {
  const programs = fc.sample(fc.array(call, { minLength: calls, maxLength: calls }), {
    seed,
    numRuns: count,
  });
  return Object.fromEntries(
    programs.map((steps, index) => [
      `seed ${seed}, program ${index}`,
      [
        ['open', 'f', 'a', 'read-write', ['create'], 0o644],
        ['open', 'g', 'b', 'read-write', ['create'], 0o644],
        ['pwrite', 'f', 0, 3 * PAGE, 1],
        ['fallocate', 'g', 'allocate', 0, 8 * PAGE],
        ...steps.flat(),
        ...lookAt('a'),
        ...lookAt('b'),
        ['close', 'f'],
        ['close', 'g'],
        ...lookAt('a'),
        // Room for the programs to come.
        ['truncate', 'a', 0],
        ['truncate', 'b', 0],
      ],
    ]),
  );
}
